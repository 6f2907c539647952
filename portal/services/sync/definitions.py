"""What a city's source offers to those who report: stored as it was read last, one type a row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from portal.domain.report import Question
from portal.domain.service_definition import ServiceDefinition, questions_as_json
from portal.store import data_version
from portal.store.models import ServiceDefinitionRow

NO_QUESTIONS = "[]"
TOLD = ("name", "group_name", "description", "keywords", "asks")


def save_offered(
    connection: Connection,
    city_id: str,
    source: str,
    offered: Sequence[ServiceDefinition],
    now: int,
) -> bool:
    """Make a source's types those offered; their questions stay as they are. Returns whether anything is different now.

    A code that another source of the city has offered before stays that source's. Inside the caller's write transaction.
    """
    before = {
        row.service_code: row
        for row in connection.execute(
            select(ServiceDefinitionRow.__table__).where(_of_city(city_id))
        )
    }
    others = {code for code, row in before.items() if row.source != source}
    told = {
        definition.code: _row(definition) for definition in offered if definition.code not in others
    }
    gone = [code for code, row in before.items() if row.source == source and code not in told]
    changed = {
        code: values
        for code, values in told.items()
        if code in before and _told(before[code]) != values
    }
    added = [code for code in told if code not in before]
    for code, values in changed.items():
        no_questions = {} if values["asks"] else {"questions": NO_QUESTIONS}
        connection.execute(
            update(ServiceDefinitionRow)
            .where(*_key(city_id, code))
            .values(**values, **no_questions)
        )
    for code in added:
        new = {
            "jurisdiction_id": city_id,
            "service_code": code,
            "source": source,
            "questions": NO_QUESTIONS,
            "fetched_at": now,
        }
        connection.execute(insert(ServiceDefinitionRow).values(**new, **told[code]))
    connection.execute(
        delete(ServiceDefinitionRow).where(
            _of_city(city_id), ServiceDefinitionRow.service_code.in_(gone)
        )
    )
    seen = _of_city(city_id), ServiceDefinitionRow.source == source
    connection.execute(update(ServiceDefinitionRow).where(*seen).values(fetched_at=now))
    return _published(connection, city_id, bool(changed or added or gone), now)


def save_questions(
    connection: Connection, city_id: str, code: str, questions: Sequence[Question] | None, now: int
) -> bool:
    """What is asked of who reports a type; None: what is stored stays. Returns whether it is different. Inside the caller's transaction."""
    key = _key(city_id, code)
    before = connection.execute(select(ServiceDefinitionRow.questions).where(*key)).scalar()
    stored = before if questions is None else questions_as_json(questions)
    connection.execute(
        update(ServiceDefinitionRow).where(*key).values(questions=stored, questions_at=now)
    )
    return _published(connection, city_id, before is not None and before != stored, now)


def codes_to_ask_about(
    connection: Connection, city_id: str, source: str, read_before: int, most: int
) -> list[str]:
    """Types of a source whose questions were never read, or not since `read_before` (epoch s): the longest ago first."""
    last = ServiceDefinitionRow.questions_at
    due = (
        ServiceDefinitionRow.asks == 1,
        ServiceDefinitionRow.source == source,
        or_(last.is_(None), last < read_before),
    )
    query = select(ServiceDefinitionRow.service_code).where(_of_city(city_id), *due)
    return list(
        connection.execute(
            query.order_by(last.is_not(None), last, ServiceDefinitionRow.service_code).limit(most)
        ).scalars()
    )


def _published(connection: Connection, city_id: str, is_different: bool, now: int) -> bool:
    """What is kept of the types by the version of the data is asked for anew."""
    if is_different:
        data_version.advance(connection, city_id, now)
    return is_different


def _row(definition: ServiceDefinition) -> dict[str, Any]:
    keywords = json.dumps(definition.keywords)
    return dict(
        zip(
            TOLD,
            (
                definition.name,
                definition.group,
                definition.description,
                keywords,
                int(definition.asks),
            ),
            strict=True,
        )
    )


def _told(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in TOLD}


def _of_city(city_id: str) -> Any:
    return ServiceDefinitionRow.jurisdiction_id == city_id


def _key(city_id: str, code: str) -> tuple[Any, ...]:
    return _of_city(city_id), ServiceDefinitionRow.service_code == code
