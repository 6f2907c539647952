"""The names that many cases share, as numbers: services and labels.

    vocabulary = Vocabulary(connection, city)  # inside the caller's transaction
    vocabulary.label_id("department", "Public Works")  # 12; a new one gets the next number
    vocabulary.flush()

The public must not learn a name that only private cases have. Until a public case has it, it gets
no slug either: a slug that was already taken would give it away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from portal.domain.areas import Areas
from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction, PlacePrecision, ServiceRule
from portal.domain.slug import make_free_slug
from portal.domain.spelling import spelling_key
from portal.store import bulk
from portal.store.models import Label, Service

NO_SLUG = "~"
"""First character of the placeholder for the slug of a name that is not public. No slug has it."""


@dataclass(slots=True)
class ServiceWord:
    """A service as stored. `is_shown`: the public may know it."""

    service_id: int
    name: str
    group_name: str | None
    slug: str
    is_shown: bool
    written: str
    """How it is written in cases without a spelling of their own."""


@dataclass(slots=True)
class LabelWord:
    """A label as stored."""

    kind: str
    name: str
    slug: str
    written: str
    """How it is written in cases without a spelling of their own."""


class Vocabulary:
    """A city's services and labels while a batch is stored.

    The caller's transaction must be the only writer of the city.
    """

    def __init__(self, connection: Connection, city: Jurisdiction) -> None:
        self.connection = connection
        self.city = city
        self._label_ids: dict[tuple[str, str], int] = {}
        self._label_keys: dict[tuple[str, str], int] = {}
        self._service_keys: dict[str, ServiceWord] = {}
        self._odd: set[tuple[str, str]] = set()
        self._labels: dict[int, LabelWord] = {}
        self._services: dict[str, ServiceWord] = {}
        self._by_service_id: dict[int, ServiceWord] = {}
        self._noted_names: dict[str, tuple[str, str | None]] = {}
        self._area_ids: dict[tuple[Areas, str], tuple[int | None, ...]] = {}
        self._rules: dict[tuple[str, str], ServiceRule] = {}
        self._new_labels: list[dict[str, object]] = []
        self._public: set[int] = set()
        self._newly_public: set[int] = set()
        self._load_labels()
        self._load_services()

    def rule_for(self, code: str, name: str) -> ServiceRule:
        """The city's rule for a service."""
        key = code, name
        if key not in self._rules:
            self._rules[key] = self.city.rule_for(code, name)
        return self._rules[key]

    def service_id(self, code: str, name: str, group: str | None) -> int:
        """The number of a service.

        A new one is stored at once, under the name noted for it if there is one.
        """
        word = self._services.get(code) or self.find_service(code, name)
        if word:
            if word.written != name:
                self._odd.add(("service", name))
            return word.service_id
        return self._add_service(code, *self._noted_names.get(code, (name, group)))

    def note_name(self, code: str, name: str, group: str | None) -> None:
        """Note the name that a new service is to get when its first case is stored."""
        self._noted_names[code] = name, group

    def find_service(self, code: str, name: str) -> ServiceWord | None:
        """The service with this code; None if it is new.

        Where a city has no codes, all spellings of a name are one service.
        """
        word = self._services.get(code)
        if word is None and code == name:
            word = self._service_keys.get(spelling_key(name))
            if word:
                self._services[code] = word
        return word

    def rename_service(self, code: str, name: str, group: str | None) -> None:
        """Give a service a newer name. Its slug stays, so links keep working."""
        word = self._services[code]
        word.name = name
        word.group_name = group
        self._update_service(word, name=name, group_name=group)

    def respell_service(self, service_id: int, name: str) -> bool:
        """Give a service the spelling that most cases have. Returns whether that is another one.

        Where a city has no codes, the name is the code too. A code of the city's own stays, also
        where it is the name in small letters: reports are sent under it.
        """
        word = self._by_service_id[service_id]
        is_code = self._services.get(word.name) is word
        values: dict[str, object] = {}
        if is_code and name not in self._services:
            values["service_code"] = name
            self._services[name] = word
        if word.name != name:
            word.name = name
            values |= {"name": name, "written": word.written}
        if values:
            self._update_service(word, **values)
        return bool(values)

    def publish_service(self, service_id: int, spellings: str | None = None) -> None:
        """Let the public know a service, because a public case has it.

        Under the name that this case writes: `spellings` are those of its row. How a private one
        wrote it stays private.
        """
        word = self._by_service_id[service_id]
        if word.is_shown:
            return
        name = _told_in(spellings).get("service", word.written)
        if spelling_key(name) == spelling_key(word.name):
            self.respell_service(service_id, name)
        if word.slug.startswith(NO_SLUG):
            word.slug = make_free_slug(word.name, {other.slug for other in self._services.values()})
        word.is_shown = True
        self._update_service(word, slug=word.slug, is_shown=1)

    def label_id(self, kind: str, name: str | None) -> int | None:
        """The number of a label; None for None. `flush` stores new ones."""
        if name is None:
            return None
        number = self._label_ids.get((kind, name))
        return number if number is not None else self._add_label(kind, name)

    def area_ids(self, areas: Areas, place: PlacePrecision) -> tuple[int | None, ...]:
        """Numbers of areas in the order of the columns of `cases`, neighborhood_id to tract_id.

        None for those that a place of this precision does not show.
        """
        key = areas, place
        ids = self._area_ids.get(key)
        if ids is None:
            ids = self._area_ids[key] = self._look_up_areas(areas, place)
        return ids

    def spellings_of(self, clean: CleanRecord, place: PlacePrecision) -> str | None:
        """JSON of the names of a case that are written in another way than usual; None for none.

        Call it once the names have their numbers.
        """
        if not self._odd:
            return None
        record, areas = clean.record, clean.areas
        names = {
            "service": record.service_name,
            "department": record.department,
            "queue": record.queue,
            "channel": record.channel,
        }
        if place != "none":
            names["neighborhood"] = areas.city_neighborhood or areas.neighborhood
        if place in ("exact", "block"):
            names |= {"district": areas.city_district or areas.district, "ward": record.ward}
        found = {kind: name for kind, name in names.items() if (kind, name) in self._odd}
        return json.dumps(found, sort_keys=True) if found else None

    def label_number(self, kind: str, name: str) -> int | None:
        """The number of the label that has this name in any spelling."""
        return self._label_keys.get((kind, spelling_key(name)))

    @property
    def labels(self) -> Mapping[int, LabelWord]:
        """All labels by number."""
        return self._labels

    @property
    def services(self) -> Mapping[int, ServiceWord]:
        """All services by number."""
        return self._by_service_id

    def respell_label(self, label_id: int, name: str) -> bool:
        """Give a label the spelling that most cases have. Returns whether that is another one."""
        word = self._labels[label_id]
        if word.name == name or self._label_ids.get((word.kind, name), label_id) != label_id:
            return False
        word.name = name
        values = {"name": name, "written": word.written}
        for row in self._new_labels:
            if row["label_id"] == label_id:
                row |= values
                return True
        key = Label.jurisdiction_id == self.city.id, Label.label_id == label_id
        self.connection.execute(update(Label).where(*key).values(**values))
        return True

    def label_name(self, label_id: int | None) -> str | None:
        """The name of a label; None for None."""
        return None if label_id is None else self._labels[label_id].name

    def service_name(self, service_id: int) -> str:
        """The name of a service."""
        return self._by_service_id[service_id].name

    def publish_labels(self, label_ids: Iterable[int | None], spellings: str | None = None) -> None:
        """Let the public know labels, because a public case or a boundary has them.

        Under the names that this case writes, as with services. `flush` stores it.
        """
        new = {
            number
            for number in label_ids
            if number is not None
            and number not in self._public
            and number not in self._newly_public
        }
        told = _told_in(spellings) if new else {}
        for number in new:
            word = self._labels[number]
            name = told.get(word.kind, word.written)
            if spelling_key(name) == spelling_key(word.name):
                self.respell_label(number, name)
        self._newly_public |= new

    def flush(self) -> None:
        """Store the new labels, and which labels have become public."""
        if self._new_labels:
            self.connection.execute(insert(Label), self._new_labels)
            self._new_labels = []
        if self._newly_public:
            rows = [
                (self._public_slug(number), self.city.id, number)
                for number in sorted(self._newly_public)
            ]
            bulk.execute_many(self.connection, _PUBLISH_LABELS, rows)
            self._public |= self._newly_public
            self._newly_public = set()

    def _look_up_areas(self, areas: Areas, place: PlacePrecision) -> tuple[int | None, ...]:
        neighborhoods = areas.neighborhood, areas.city_neighborhood, areas.polygon_neighborhood
        finer = areas.district, areas.city_district, areas.polygon_district, areas.tract
        kinds = "district", "district", "district", "tract"
        has_neighborhood = place != "none"
        has_finer = place in ("exact", "block")
        return (
            *(
                self.label_id("neighborhood", name) if has_neighborhood else None
                for name in neighborhoods
            ),
            *(
                self.label_id(kind, name) if has_finer else None
                for kind, name in zip(kinds, finer, strict=True)
            ),
        )

    def _load_labels(self) -> None:
        columns = Label.label_id, Label.kind, Label.name, Label.slug, Label.is_public, Label.written
        of_city = select(*columns).where(Label.jurisdiction_id == self.city.id)
        for number, kind, name, slug, is_public, written in self.connection.execute(of_city):
            self._label_ids[kind, name] = number
            self._label_keys.setdefault((kind, spelling_key(name)), number)
            self._labels[number] = LabelWord(kind, name, slug, written or name)
            if written and written != name:
                self._label_ids.setdefault((kind, written), number)
                self._odd.add((kind, name))
            if is_public:
                self._public.add(number)

    def _load_services(self) -> None:
        query = select(
            Service.service_code,
            Service.service_id,
            Service.name,
            Service.group_name,
            Service.slug,
            Service.is_shown,
            Service.written,
        )
        of_city = query.where(Service.jurisdiction_id == self.city.id)
        for row in self.connection.execute(of_city):
            written = row[6] or row[2]
            word = ServiceWord(row[1], row[2], row[3], row[4], bool(row[5]), written)
            self._register(row[0], word)

    def _register(self, code: str, word: ServiceWord) -> None:
        self._services[code] = self._by_service_id[word.service_id] = word
        if spelling_key(code) == spelling_key(word.name):
            self._service_keys.setdefault(spelling_key(code), word)

    def _public_slug(self, label_id: int) -> str:
        """The slug of a label, which gets one now if it has none."""
        label = self._labels[label_id]
        if label.slug.startswith(NO_SLUG):
            others = self._labels.values()
            taken = {other.slug for other in others if other.kind == label.kind}
            label.slug = make_free_slug(label.name, taken)
        return label.slug

    def _add_label(self, kind: str, name: str) -> int:
        """The number of a label by a spelling of it that is new, or of a new label."""
        known = self.label_number(kind, name)
        if known is not None:
            self._label_ids[kind, name] = known
            self._odd.add((kind, name))
            return known
        number = max(self._labels, default=0) + 1
        slug = f"{NO_SLUG}{number}"
        self._label_ids[kind, name] = self._label_keys[kind, spelling_key(name)] = number
        self._labels[number] = LabelWord(kind, name, slug, name)
        self._new_labels.append(
            {
                "jurisdiction_id": self.city.id,
                "label_id": number,
                "kind": kind,
                "name": name,
                "slug": slug,
                "written": None,
            }
        )
        return number

    def _add_service(self, code: str, name: str, group: str | None) -> int:
        number = max(self._by_service_id, default=0) + 1
        word = ServiceWord(number, name, group, f"{NO_SLUG}{number}", False, written=name)
        rule = self.rule_for(code, name)
        self._register(code, word)
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


def _told_in(spellings: str | None) -> dict[str, str]:
    return json.loads(spellings) if spellings else {}


_PUBLISH_LABELS = (
    "update labels set is_public = 1, slug = ? where jurisdiction_id = ? and label_id = ?"
)
