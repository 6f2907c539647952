"""The words that many cases share, as numbers: services and labels, made when first met. Inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from portal.domain.areas import Areas
from portal.domain.jurisdiction import Jurisdiction, PlacePrecision, ServiceRule
from portal.domain.slug import free_slug
from portal.models import Label, Service
from portal.services import bulk


@dataclass(slots=True)
class ServiceWord:
    """A service as stored."""

    service_id: int
    name: str
    group_name: str | None


class Words:
    """A city's services and labels while a batch is stored. The caller's transaction must be the only writer of the city."""

    def __init__(self, connection: Connection, city: Jurisdiction) -> None:
        self.connection = connection
        self.city = city
        self._labels: dict[tuple[str, str], int] = {}
        self._names: dict[int, str] = {}
        self._label_slugs: set[tuple[str, str]] = set()
        self._services: dict[str, ServiceWord] = {}
        self._noted_names: dict[str, tuple[str, str | None]] = {}
        self._service_names: dict[int, str] = {}
        self._service_slugs: set[str] = set()
        self._area_ids: dict[tuple[Areas, str], tuple[int | None, ...]] = {}
        self._rules: dict[tuple[str, str], ServiceRule] = {}
        self._new_labels: list[dict[str, object]] = []
        self._public: set[int] = set()
        self._newly_public: set[int] = set()
        self._load()

    def rule(self, code: str, name: str) -> ServiceRule:
        """The city's rule for a service."""
        key = code, name
        if key not in self._rules:
            self._rules[key] = self.city.rule_for(code, name)
        return self._rules[key]

    def service_id(self, code: str, name: str, group: str | None) -> int:
        """The number of a service; a new one is stored at once, under the name noted for it where there is one."""
        word = self._services.get(code)
        return word.service_id if word else self._add_service(code, *self._noted_names.get(code, (name, group)))

    def note_name(self, code: str, name: str, group: str | None) -> None:
        """What a service not met before is to be called when its first case is stored."""
        self._noted_names[code] = name, group

    def service_word(self, code: str) -> ServiceWord | None:
        """The service as it is named now."""
        return self._services.get(code)

    def rename_service(self, code: str, name: str, group: str | None) -> None:
        """A service's newer name. Its slug stays, so that links do."""
        word = self._services[code]
        word.name, word.group_name = name, group
        self._service_names[word.service_id] = name
        key = Service.jurisdiction_id == self.city.id, Service.service_id == word.service_id
        self.connection.execute(update(Service).where(*key).values(name=name, group_name=group))

    def label_id(self, kind: str, name: str | None) -> int | None:
        """The number of a label; None stays None. New ones are stored by `flush`."""
        if name is None:
            return None
        number = self._labels.get((kind, name))
        return number if number is not None else self._add_label(kind, name)

    def area_ids(self, areas: Areas, place: PlacePrecision) -> tuple[int | None, ...]:
        """Numbers of the areas in the order of the columns of `cases`, neighborhood_id to tract_id; None where the place hides them."""
        key = areas, place
        ids = self._area_ids.get(key)
        if ids is None:
            ids = self._area_ids[key] = self._look_up_areas(areas, place)
        return ids

    def label_name(self, label_id: int | None) -> str | None:
        """The word behind a number."""
        return None if label_id is None else self._names[label_id]

    def service_name(self, service_id: int) -> str:
        """The name behind a service's number."""
        return self._service_names[service_id]

    def show(self, label_ids: Iterable[int | None]) -> None:
        """The public may read these labels from now on: a public case or a boundary bears them. Stored by `flush`."""
        self._newly_public.update(number for number in label_ids if number is not None and number not in self._public)

    def flush(self) -> None:
        """Store the labels first met, and which labels have become public."""
        if self._new_labels:
            self.connection.execute(insert(Label), self._new_labels)
            self._new_labels = []
        if self._newly_public:
            shown = "update labels set is_public = 1 where jurisdiction_id = :city and label_id in {values}"
            bulk.change_in(self.connection, shown, sorted(self._newly_public), city=self.city.id)
            self._public |= self._newly_public
            self._newly_public = set()

    def _look_up_areas(self, areas: Areas, place: PlacePrecision) -> tuple[int | None, ...]:
        neighborhoods = areas.neighborhood, areas.city_neighborhood, areas.polygon_neighborhood
        finer = areas.district, areas.city_district, areas.polygon_district, areas.tract
        kinds = "district", "district", "district", "tract"
        return (
            *(self.label_id("neighborhood", name) if place != "none" else None for name in neighborhoods),
            *(self.label_id(kind, name) if place in ("exact", "block") else None for kind, name in zip(kinds, finer, strict=True)),
        )

    def _load(self) -> None:
        query = select(Label.label_id, Label.kind, Label.name, Label.slug, Label.is_public).where(Label.jurisdiction_id == self.city.id)
        for number, kind, name, slug, is_public in self.connection.execute(query):
            self._labels[kind, name] = number
            self._public |= {number} if is_public else set()
            self._names[number] = name
            self._label_slugs.add((kind, slug))
        columns = Service.service_id, Service.service_code, Service.name, Service.slug, Service.group_name
        for number, code, name, slug, group in self.connection.execute(select(*columns).where(Service.jurisdiction_id == self.city.id)):
            self._services[code] = ServiceWord(number, name, group)
            self._service_names[number] = name
            self._service_slugs.add(slug)

    def _add_label(self, kind: str, name: str) -> int:
        number = max(self._names, default=0) + 1
        slug = free_slug(name, {taken for of, taken in self._label_slugs if of == kind})
        self._labels[kind, name] = number
        self._names[number] = name
        self._label_slugs.add((kind, slug))
        self._new_labels.append({"jurisdiction_id": self.city.id, "label_id": number, "kind": kind, "name": name, "slug": slug})
        return number

    def _add_service(self, code: str, name: str, group: str | None) -> int:
        number = max(self._service_names, default=0) + 1
        rule = self.rule(code, name)
        slug = free_slug(name, self._service_slugs)
        self._services[code] = ServiceWord(number, name, group)
        self._service_names[number] = name
        self._service_slugs.add(slug)
        self.connection.execute(insert(Service).values(self._service_row(number, code, name, slug, group, rule.public, rule.place)))
        return number

    def _service_row(
        self, number: int, code: str, name: str, slug: str, group: str | None, public: bool, place: PlacePrecision
    ) -> dict[str, object]:
        return {
            "jurisdiction_id": self.city.id,
            "service_id": number,
            "service_code": code,
            "name": name,
            "slug": slug,
            "group_name": group,
            "is_public": int(public),
            "place_precision": place,
        }
