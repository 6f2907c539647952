"""The types of case that a city's source offers to residents, one row each, as last read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, or_, select, update

from portal.domain.report import Question
from portal.domain.service_definition import ServiceDefinition, questions_as_json
from portal.store import data_version
from portal.store.engines import write
from portal.store.models import Lease, ServiceDefinitionRow

NO_QUESTIONS = "[]"
_OFFERED = ("name", "group_name", "description", "keywords", "asks")
"""Columns that a source's list of types decides."""


def save_definitions(
    connection: Connection,
    city_id: str,
    source: str,
    offered: Sequence[ServiceDefinition],
    now: int,
) -> bool:
    """Replace a source's types by those offered; their questions stay. Returns whether any changed.

    A code that another source of the city has offered before stays with that source. Inside the
    caller's write transaction; `now` is in epoch seconds.
    """
    before = _stored_rows(connection, city_id)
    others = {code for code, row in before.items() if row.source != source}
    wanted = {
        definition.code: _row(definition) for definition in offered if definition.code not in others
    }
    gone = [code for code, row in before.items() if row.source == source and code not in wanted]
    changed = {
        code: values
        for code, values in wanted.items()
        if code in before and _offered(before[code]) != values
    }
    added = {code: values for code, values in wanted.items() if code not in before}
    _update(connection, city_id, changed)
    _insert(connection, city_id, source, added, now)
    connection.execute(
        delete(ServiceDefinitionRow).where(
            _of_city(city_id), ServiceDefinitionRow.service_code.in_(gone)
        )
    )
    of_source = _of_city(city_id), ServiceDefinitionRow.source == source
    connection.execute(update(ServiceDefinitionRow).where(*of_source).values(fetched_at=now))
    return _advance_if(connection, city_id, bool(changed or added or gone), now)


def save_questions(
    connection: Connection, city_id: str, code: str, questions: Sequence[Question] | None, now: int
) -> bool:
    """Store the questions of a type. Returns whether they changed.

    None: the stored ones stay, and only count as read `now` (epoch s). Inside the caller's
    transaction.
    """
    key = _key(city_id, code)
    before = connection.execute(select(ServiceDefinitionRow.questions).where(*key)).scalar()
    stored = before if questions is None else questions_as_json(questions)
    connection.execute(
        update(ServiceDefinitionRow).where(*key).values(questions=stored, questions_at=now)
    )
    return _advance_if(connection, city_id, before is not None and before != stored, now)


def codes_to_ask_about(
    connection: Connection, city_id: str, source: str, read_before: int, most: int
) -> list[str]:
    """Codes of a source's types whose questions were never read, or not since `read_before`.

    At most `most`, those read longest ago first. `read_before` is in epoch seconds.
    """
    last = ServiceDefinitionRow.questions_at
    due = (
        ServiceDefinitionRow.asks == 1,
        ServiceDefinitionRow.source == source,
        or_(last.is_(None), last < read_before),
    )
    query = select(ServiceDefinitionRow.service_code).where(_of_city(city_id), *due)
    oldest_first = query.order_by(last.is_not(None), last, ServiceDefinitionRow.service_code)
    return list(connection.execute(oldest_first.limit(most)).scalars())


def read_again(engine: Engine, city_id: str) -> None:
    """Forget when the city's types and questions were read, so that the next sync asks for all."""
    with write(engine) as connection:
        is_look = Lease.jurisdiction_id == city_id, Lease.name.startswith("definitions ")
        connection.execute(delete(Lease).where(*is_look))
        rows = update(ServiceDefinitionRow).where(_of_city(city_id))
        connection.execute(rows.values(questions_at=None))


def _stored_rows(connection: Connection, city_id: str) -> dict[str, Any]:
    query = select(ServiceDefinitionRow.__table__).where(_of_city(city_id))
    return {row.service_code: row for row in connection.execute(query)}


def _update(connection: Connection, city_id: str, changed: Mapping[str, dict[str, Any]]) -> None:
    for code, values in changed.items():
        no_questions = {} if values["asks"] else {"questions": NO_QUESTIONS}
        change = update(ServiceDefinitionRow).where(*_key(city_id, code))
        connection.execute(change.values(**values, **no_questions))


def _insert(
    connection: Connection,
    city_id: str,
    source: str,
    added: Mapping[str, dict[str, Any]],
    now: int,
) -> None:
    for code, values in added.items():
        row = {
            "jurisdiction_id": city_id,
            "service_code": code,
            "source": source,
            "questions": NO_QUESTIONS,
            "fetched_at": now,
        }
        connection.execute(insert(ServiceDefinitionRow).values(**row, **values))


def _advance_if(connection: Connection, city_id: str, is_different: bool, now: int) -> bool:
    """Pass `is_different` on; if it is true, answers cached by data version become stale."""
    if is_different:
        data_version.advance(connection, city_id, now, is_public=True)
    return is_different


def _row(definition: ServiceDefinition) -> dict[str, Any]:
    return {
        "name": definition.name,
        "group_name": definition.group,
        "description": definition.description,
        "keywords": json.dumps(definition.keywords),
        "asks": int(definition.asks),
    }


def _offered(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _OFFERED}


def _of_city(city_id: str) -> Any:
    return ServiceDefinitionRow.jurisdiction_id == city_id


def _key(city_id: str, code: str) -> tuple[Any, ...]:
    return _of_city(city_id), ServiceDefinitionRow.service_code == code
