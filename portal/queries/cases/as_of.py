"""What the portal knew at the end of a past day, for pages and files.

then = find_as_of(portal, city, day, now)               # or a clear refusal
facts = facts_as_of(portal, city, then)
selection = Selection(case_filter, city.zone, then.moment, known_at=then.moment)
read_as_of(portal, facts, count_cases, selection)
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from portal.domain.as_of import AsOf, as_of_day
from portal.domain.filters import CaseFilter
from portal.errors import BadRequest, NotFound
from portal.facts.reader import Facts
from portal.facts.reader_at import FactsAt
from portal.filter_sql import Selection

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction


def find_as_of(portal: Portal, city: Jurisdiction, day: date, now: int) -> AsOf:
    """A day that can be looked back at. `now` is in epoch seconds.

    Raises BadRequest for a day that has not come yet, NotFound for one before the first import,
    NotReady before anything is published.
    """
    if day > datetime.fromtimestamp(now, city.zone).date():
        raise BadRequest(
            "{day} has not come yet. Choose today or an earlier day.", day=day.isoformat()
        )
    first_at = portal.read(first_import, city.id)
    then = as_of_day(day, city.zone)
    if first_at is None or then.moment < first_at:
        first = datetime.fromtimestamp(now if first_at is None else first_at, city.zone).date()
        raise NotFound(
            "The portal knew nothing yet on {day}. Its first cases came in on {first}.",
            day=day.isoformat(),
            first=first.isoformat(),
        )
    return then


def first_import(facts: Facts) -> int | None:
    """When the portal first showed a case of those that it shows now (epoch s); None: no case."""
    ((first_at,),) = facts.rows("select min(first_shown_at) from cases")
    return first_at


def facts_as_of(portal: Portal, city: Jurisdiction, then: AsOf) -> FactsAt:
    """The city's newest facts as they were known on that day. Raises NotReady without any."""
    return FactsAt(portal.facts(city.id), then.moment)


def read_as_of(portal: Portal, facts: FactsAt, query: Callable[..., Any], *args: Any) -> Any:
    """`query(facts, *args)`, kept until newer facts are published."""
    return portal.read(_ask, facts.city_id, facts.moment, query, *args)


def select_as_of(
    city: Jurisdiction, case_filter: CaseFilter, then: AsOf, order_name: str = "newest"
) -> Selection:
    """The filter's cases as they were known on that day; overdue is what was overdue then.

    Raises BadRequest for what has no history: words in texts, and numbers of followers.
    """
    if case_filter.q:
        raise BadRequest(
            "We can only search for words as they are today. Leave out the words “{words}”, or"
            " leave out as_of.",
            words=case_filter.q[:60],
        )
    if order_name == "followed":
        raise BadRequest(
            "How many people followed a case on a past day is not kept. Choose another order, or"
            " leave out as_of."
        )
    return Selection(case_filter, city.zone, then.moment, known_at=then.moment)


def _ask(facts: Facts, moment: int, query: Callable[..., Any], *args: Any) -> Any:
    return query(FactsAt(facts, moment), *args)
