"""One spelling for each name: that of most public cases, in whatever order they came.

    settle_spellings(connection, city, now)   # ROSLINDALE, roslindale, 3 × Roslindale → Roslindale

All spellings of a name have one number. A case says how it writes a name only if that is not the
way `written` with the number, so that counting costs nothing where a city spells each name one way.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict

from sqlalchemy import Connection, text

from portal.domain.jurisdiction import Jurisdiction
from portal.domain.spelling import best_spelling, spelling_key
from portal.services.sync.service_names import reindex_service
from portal.services.sync.vocabulary import Vocabulary
from portal.store import bulk, data_version
from portal.store.models import LABEL_KINDS

Spellings = dict[int, Counter[str]]
"""Cases by their spelling, by the number of a label or a service."""

_ODD = text(
    "select service_id, spellings, count(*) from cases where jurisdiction_id = :city"
    " and spellings is not null and visibility = 'public' group by service_id, spellings"
)
_WITH_NAME = (
    "select {column}, count(*) from cases where jurisdiction_id = :city"
    " and visibility = 'public' and {column} in {{values}} group by {column}"
)
_AREAS = text("select label_id from boundaries where jurisdiction_id = :city")


def settle_spellings(connection: Connection, city: Jurisdiction, now: int) -> bool:
    """Rename the labels and services that most public cases write in another way.

    Inside the caller's write transaction; `now` is in epoch seconds. Returns whether any changed.
    The name of a boundary stays: the city drew it under this name.
    """
    vocabulary = Vocabulary(connection, city)
    services, labels = _count_odd(connection, vocabulary)
    areas = set(connection.execute(_AREAS, {"city": city.id}).scalars())
    for area in areas & set(labels):
        del labels[area]
    _add_usual(connection, vocabulary, services, labels)
    changed = [
        vocabulary.respell_label(number, best_spelling(counts))
        for number, counts in labels.items()
        if counts
    ]
    for number, counts in services.items():
        if counts and vocabulary.respell_service(number, best_spelling(counts)):
            reindex_service(connection, city.id, number, vocabulary.services[number].name)
            changed.append(True)
    if not any(changed):
        return False
    data_version.advance(connection, city.id, now, is_public=True)
    return True


def _count_odd(connection: Connection, vocabulary: Vocabulary) -> tuple[Spellings, Spellings]:
    """Spellings that cases tell themselves, of services and of labels.

    With those that are called in another way than `written`, which cases may all have left since.
    """
    services: Spellings = defaultdict(Counter)
    labels: Spellings = defaultdict(Counter)
    for number, word in vocabulary.labels.items():
        if word.name != word.written:
            labels[number] = Counter()
    for service, spellings, cases in connection.execute(_ODD, {"city": vocabulary.city.id}):
        for kind, name in json.loads(spellings).items():
            if kind == "service":
                services[service][name] += cases
            elif (number := vocabulary.label_number(kind, name)) is not None:
                labels[number][name] += cases
    return services, labels


def _add_usual(
    connection: Connection, vocabulary: Vocabulary, services: Spellings, labels: Spellings
) -> None:
    """Add the cases without a spelling of their own, and drop other names than today's."""
    city_id = vocabulary.city.id
    for number, cases in _count_cases(connection, city_id, "service_id", list(services)):
        services[number][vocabulary.services[number].written] += cases - services[number].total()
    for number, counts in services.items():
        key = spelling_key(vocabulary.services[number].name)
        for name in [name for name in counts if spelling_key(name) != key]:
            del counts[name]
    for kind in LABEL_KINDS:
        of_kind = [number for number in labels if vocabulary.labels[number].kind == kind]
        for number, cases in _count_cases(connection, city_id, f"{kind}_id", of_kind):
            labels[number][vocabulary.labels[number].written] += cases - labels[number].total()
    for counts in (*services.values(), *labels.values()):
        for name in [name for name, cases in counts.items() if cases <= 0]:
            del counts[name]


def _count_cases(
    connection: Connection, city_id: str, column: str, numbers: list[int]
) -> list[bulk.Row]:
    query = _WITH_NAME.format(column=column)
    return bulk.select_in(connection, query, numbers, city=city_id)
