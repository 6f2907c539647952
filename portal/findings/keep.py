"""The newest findings of a city, kept in the store for the page: it only reads them."""

from __future__ import annotations

from pydantic import TypeAdapter
from sqlalchemy import Connection

from portal.domain.findings import Findings
from portal.store import kept_answers
from portal.store.kept_answers import KeptMark

NAME = "findings"
_FINDINGS = TypeAdapter(Findings)


def save_findings(
    connection: Connection, city_id: str, findings: Findings, rev: int, now: int
) -> None:
    """Replace a city's answer. Inside the caller's write transaction; `now` in epoch seconds."""
    answer = _FINDINGS.dump_json(findings)
    kept_answers.save_answer(connection, city_id, NAME, answer, KeptMark(rev, now))


def read_mark(connection: Connection, city_id: str) -> KeptMark | None:
    """Which answer is kept, on the public engine; None where there is none."""
    return kept_answers.read_mark(connection, city_id, NAME)


def read_findings(connection: Connection, city_id: str) -> Findings | None:
    """A city's answer, on the public engine; None where there is none."""
    answer = kept_answers.read_answer(connection, city_id, NAME)
    return _FINDINGS.validate_json(answer) if answer else None


def kept_findings(connection: Connection, city_id: str, _mark: KeptMark) -> Findings | None:
    """The same for Portal.cached. `_mark` names which: findings change without the data."""
    return read_findings(connection, city_id)
