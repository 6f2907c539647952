"""A mail server that can fail, a clock, reports, and what the city does with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_sync.dispatch.mailer import Mailer
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from tests.support.clock import NOON
from tests.support.reports import POTHOLE
from tests.sync.support import record, save

NO_SIGNALS = Signals()
REPORT = replace(POTHOLE, email="ana@example.org")


class Post:
    """A mail server that keeps what it takes, and fails with `problems`."""

    def __init__(self) -> None:
        self.emails = []
        self.problems = []

    def __call__(self, email) -> None:
        if self.problems and (problem := self.problems.pop(0)):
            raise problem
        self.emails.append(email)

    @property
    def subjects(self) -> list[str]:
        return [email["Subject"].partition(":")[0].partition(" ")[0] for email in self.emails]


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def mailer(portal, city, post, clock, said) -> Mailer:
    return Mailer(portal, city, post, clock, said.append)


@pytest.fixture
def take(portal, city, add_case):
    """take() accepts a report at noon."""
    add_case("101")
    return lambda report=REPORT, signals=NO_SIGNALS: submit(portal, city, report, (), signals, NOON)


@pytest.fixture
def echo(portal, city):
    """echo(number, "closed", hour=13) syncs the city's record of a case, as it is at this hour."""

    def come(number: str, status: str, hour: int, **fields) -> None:
        moment = datetime(2026, 11, 23, hour, tzinfo=UTC)
        closed = {"closed_at": moment, "closure_reason": "Filled."} if status == "closed" else {}
        told = record(
            "WO-1",
            reference=number,
            status=status,
            updated_at=moment,
            opened_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        )
        save(portal, city, replace(told, **closed, **fields))

    return come


def send_all(mailer: Mailer) -> None:
    while mailer.send_one():
        pass
