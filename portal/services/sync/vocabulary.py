"""The words that many cases share, as numbers: services and labels, made when first met. Inside the caller's transaction.

A word that private cases alone bear is nothing the public may know of. Until a public case bears it, it has no slug either, or the slug
that it took from another word would tell of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from portal.domain.areas import Areas
from portal.domain.jurisdiction import Jurisdiction, PlacePrecision, ServiceRule
from portal.domain.slug import make_free_slug
from portal.store import bulk
from portal.store.models import Label, Service

NO_SLUG = "~"
"""Begins what stands for the slug of a word that is not public; no slug has it."""


@dataclass(slots=True)
class ServiceWord:
    """A service as stored."""

    service_id: int
    name: str
    group_name: str | None
    slug: str
    is_shown: bool


@dataclass(slots=True)
class LabelWord:
    """A label as stored."""

    kind: str
    name: str
    slug: str


class Words:
    """A city's services and labels while a batch is stored. The caller's transaction must be the only writer of the city."""

    def __init__(self, connection: Connection, city: Jurisdiction) -> None:
        self.connection = connection
        self.city = city
        self._label_ids: dict[tuple[str, str], int] = {}
        self._labels: dict[int, LabelWord] = {}
        self._services: dict[str, ServiceWord] = {}
        self._by_service_id: dict[int, ServiceWord] = {}
        self._noted_names: dict[str, tuple[str, str | None]] = {}
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
        return (
            word.service_id
            if word
            else self._add_service(code, *self._noted_names.get(code, (name, group)))
        )

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
        self._update_service(word, name=name, group_name=group)

    def show_service(self, service_id: int) -> None:
        """The public may read this service from now on: a public case bears it."""
        word = self._by_service_id[service_id]
        if word.is_shown:
            return
        if word.slug.startswith(NO_SLUG):
            word.slug = make_free_slug(word.name, {other.slug for other in self._services.values()})
        word.is_shown = True
        self._update_service(word, slug=word.slug, is_shown=1)

    def label_id(self, kind: str, name: str | None) -> int | None:
        """The number of a label; None stays None. New ones are stored by `flush`."""
        if name is None:
            return None
        number = self._label_ids.get((kind, name))
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
        return None if label_id is None else self._labels[label_id].name

    def service_name(self, service_id: int) -> str:
        """The name behind a service's number."""
        return self._by_service_id[service_id].name

    def show(self, label_ids: Iterable[int | None]) -> None:
        """The public may read these labels from now on: a public case or a boundary bears them. Stored by `flush`."""
        self._newly_public.update(
            number for number in label_ids if number is not None and number not in self._public
        )

    def flush(self) -> None:
        """Store the labels first met, and which labels have become public."""
        if self._new_labels:
            self.connection.execute(insert(Label), self._new_labels)
            self._new_labels = []
        if self._newly_public:
            shown = "update labels set is_public = 1, slug = ? where jurisdiction_id = ? and label_id = ?"
            rows = [
                (self._public_slug(number), self.city.id, number)
                for number in sorted(self._newly_public)
            ]
            bulk.execute_many(self.connection, shown, rows)
            self._public |= self._newly_public
            self._newly_public = set()

    def _look_up_areas(self, areas: Areas, place: PlacePrecision) -> tuple[int | None, ...]:
        neighborhoods = areas.neighborhood, areas.city_neighborhood, areas.polygon_neighborhood
        finer = areas.district, areas.city_district, areas.polygon_district, areas.tract
        kinds = "district", "district", "district", "tract"
        return (
            *(
                self.label_id("neighborhood", name) if place != "none" else None
                for name in neighborhoods
            ),
            *(
                self.label_id(kind, name) if place in ("exact", "block") else None
                for kind, name in zip(kinds, finer, strict=True)
            ),
        )

    def _load(self) -> None:
        query = select(Label.label_id, Label.kind, Label.name, Label.slug, Label.is_public).where(
            Label.jurisdiction_id == self.city.id
        )
        for number, kind, name, slug, is_public in self.connection.execute(query):
            self._label_ids[kind, name] = number
            self._labels[number] = LabelWord(kind, name, slug)
            self._public |= {number} if is_public else set()
        columns = (
            Service.service_code,
            Service.service_id,
            Service.name,
            Service.group_name,
            Service.slug,
            Service.is_shown,
        )
        for row in self.connection.execute(
            select(*columns).where(Service.jurisdiction_id == self.city.id)
        ):
            self._hold_service(row[0], ServiceWord(row[1], row[2], row[3], row[4], bool(row[5])))

    def _hold_service(self, code: str, word: ServiceWord) -> None:
        self._services[code] = self._by_service_id[word.service_id] = word

    def _public_slug(self, label_id: int) -> str:
        """The slug a label keeps, or its first."""
        label = self._labels[label_id]
        if label.slug.startswith(NO_SLUG):
            label.slug = make_free_slug(
                label.name,
                {other.slug for other in self._labels.values() if other.kind == label.kind},
            )
        return label.slug

    def _add_label(self, kind: str, name: str) -> int:
        number = max(self._labels, default=0) + 1
        slug = f"{NO_SLUG}{number}"
        self._label_ids[kind, name] = number
        self._labels[number] = LabelWord(kind, name, slug)
        self._new_labels.append(
            {
                "jurisdiction_id": self.city.id,
                "label_id": number,
                "kind": kind,
                "name": name,
                "slug": slug,
            }
        )
        return number

    def _add_service(self, code: str, name: str, group: str | None) -> int:
        number = max(self._by_service_id, default=0) + 1
        word = ServiceWord(number, name, group, f"{NO_SLUG}{number}", is_shown=False)
        rule = self.rule(code, name)
        self._hold_service(code, word)
        self.connection.execute(insert(Service).values(self._service_row(code, word, rule)))
        return number

    def _update_service(self, word: ServiceWord, **values: object) -> None:
        key = Service.jurisdiction_id == self.city.id, Service.service_id == word.service_id
        self.connection.execute(update(Service).where(*key).values(**values))

    def _service_row(self, code: str, word: ServiceWord, rule: ServiceRule) -> dict[str, object]:
        return {
            "jurisdiction_id": self.city.id,
            "service_id": word.service_id,
            "service_code": code,
            "name": word.name,
            "slug": word.slug,
            "group_name": word.group_name,
            "is_public": int(rule.public),
            "place_precision": rule.place,
            "is_shown": 0,
        }
