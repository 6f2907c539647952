"""A source that says something each day, for tests of what changed and of past days.

tell = Teller(portal, city)
tell(1, record("101"))                                   # on March 1, at 15:00 UTC
tell(3, record("101", status="closed", closed_at=at_day(3), updated_at=at_day(3)))
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from data_sync.pull.checks import check_record
from portal.context import Portal
from portal.domain.case import CaseRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.facts import publish
from portal.facts.reader import Facts
from portal.services.sync import ingest
from portal.services.sync.withdrawal import withdraw_cases

DAY_BEFORE = datetime(2026, 2, 28, 15, 0, tzinfo=UTC)


def at_day(number: int) -> datetime:
    """A day of March 2026, 15:00 UTC: 10 in the morning in Smallville."""
    return DAY_BEFORE + timedelta(days=number)


@dataclass(frozen=True)
class Teller:
    """What a city's source says, day by day."""

    portal: Portal
    city: Jurisdiction

    def __call__(self, day: int, *records: CaseRecord) -> None:
        """The source says these records on a day of March; the facts follow."""
        self.at(at_day(day), *records)

    def at(self, now: datetime, *records: CaseRecord) -> None:
        """The same at a certain time."""
        checked = [check_record(told, self.city, now) for told in records]
        page = ingest.SourcePage("town", checked, (), None)
        with self.portal.transaction() as connection:
            ingest.save_page(connection, self.city, page, None, now)
        self.publish()

    def withdraw(self, day: int, *numbers: str) -> None:
        """The source no longer has these cases."""
        with self.portal.transaction() as connection:
            now = int(at_day(day).timestamp())
            withdraw_cases(connection, self.city, "town", list(numbers), now)
        self.publish()

    def publish(self) -> Facts:
        """The facts of what is stored."""
        publish.update(self.portal.core, self.city, self.portal.facts_folder)
        return self.portal.facts(self.city.id)
