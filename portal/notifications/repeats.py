"""People whose case repeats another hear what becomes of that one, as its own people do.

    events |= events_of_repeats(connection, city.id, {case_key: "closed"})

The city closes a repeat and says which case it works on, its parent. When that one is closed, or
opened again, the repeat's resident and followers get an e-mail too; a person who gets one about
several of these cases gets the first only. Of a parent that is not public nothing is told but that
it was closed, and that only to residents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, text

from portal.notifications import alerts, contacts, following
from portal.notifications.alerts import Alert, AlertCase, Kind, ParentCase
from portal.settings import Settings
from portal.store import bulk

_OF_PARENT: dict[str, Kind] = {"closed": "parent_closed", "reopened": "parent_reopened"}
KINDS = tuple(_OF_PARENT.values())


def events_of_repeats(
    connection: Connection, city_id: str, events: Mapping[int, Kind]
) -> dict[int, Kind]:
    """What to e-mail about the closed repeats of cases to which this has happened, by key."""
    ended = {case: kind for case, kind in events.items() if kind in _OF_PARENT}
    repeats = _repeats_of(connection, city_id, list(ended))
    return {repeat: _OF_PARENT[ended[case]] for repeat, case in repeats.items()}


def add_parent(connection: Connection, city_id: str, alert: Alert, case: AlertCase) -> AlertCase:
    """The case of an alert together with the one that it repeats, if any."""
    row = connection.execute(text(_PARENT), {"city": city_id, "case": alert.case_key}).first()
    if row is None:
        return case
    parent = ParentCase(*row[:-2], is_public=row.visibility == "public")
    if parent.is_public:
        said = alerts.said_with(connection, city_id, replace(alert, case_key=parent.key))
        return replace(case, parent=replace(parent, said=said))
    return replace(case, parent=replace(parent, closure_reason=None))


def find_parent(connection: Connection, city_id: str, case: int) -> int | None:
    """The key of the case that this one repeats; None if it repeats none."""
    return connection.execute(text(_PARENT), {"city": city_id, "case": case}).scalar()


def find_public_parent(connection: Connection, city_id: str, case: int) -> str | None:
    """The number of the case that this one repeats, if the public may see that one."""
    row = connection.execute(text(_PARENT), {"city": city_id, "case": case}).first()
    return row.case_id if row is not None and row.visibility == "public" else None


def is_told_elsewhere(
    connection: Connection,
    settings: Settings,
    city_id: str,
    alert: Alert,
    case: AlertCase,
    address: str,
) -> bool:
    """Whether this address gets another e-mail about the same event, of a case that comes first.

    First comes the parent, then its repeats in the order of their keys.
    """
    if alert.kind not in KINDS or case.parent is None:
        return False
    parent = case.parent.key
    repeats = _repeats_of(connection, city_id, [parent])
    earlier = [parent, *(key for key in sorted(repeats) if key < alert.case_key)]
    told = bulk.select_in(connection, _TOLD, earlier, city=city_id, rev=alert.rev)
    for key, receiver, encrypted in told:
        if receiver == following.hash_of_follower(settings, city_id, key, address):
            return True
        if encrypted and _is_same(contacts.decrypt_address(settings, encrypted), address):
            return True
    return False


def _is_same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _repeats_of(connection: Connection, city_id: str, cases: list[int]) -> dict[int, int]:
    """Closed cases that repeat these, each with the one that it repeats."""
    found: dict[int, int] = {}
    for query in _REPEATS:
        found |= dict(bulk.select_in(connection, query, cases, city=city_id))
    return found


# A city names a parent by its own number. For a case reported here that is not the case's number.
# The joined text keeps SQLite from going through all reports by their source.
_SAME = (
    "p.case_id = d.parent_case_id and p.source <> 'merged'",
    "p.work_order_id = d.parent_case_id and p.source || '' = 'portal'",
)
_TIED = "p.jurisdiction_id = d.jurisdiction_id and p.id <> d.id"
_REPEATS = tuple(
    f"select d.id, p.id from cases p join cases d on {_TIED} and {same}"
    " where p.jurisdiction_id = :city and d.status = 'closed' and p.id in {values}"
    for same in _SAME
)
_PARENT = " union all ".join(
    "select p.id as key, p.case_id, p.status, p.closed_at, p.closure_reason, p.visibility,"
    f" case when p.visibility = 'public' then {place} else {place} + 2 end as place"
    f" from cases d join cases p on {_TIED} and {same}"
    " where d.jurisdiction_id = :city and d.id = :case"
    for place, same in enumerate(_SAME)
)
_PARENT += " order by place limit 1"
# Who stopped since gets no e-mail, nor does a follower of a case that is hidden now.
_TOLD = """
select a.case_key, a.receiver, t.address from alerts a
join cases c on c.jurisdiction_id = a.jurisdiction_id and c.id = a.case_key
left join reports r on r.jurisdiction_id = a.jurisdiction_id and r.case_key = a.case_key
left join contacts t on t.jurisdiction_id = a.jurisdiction_id and t.case_key = a.case_key
    and a.receiver = '' and r.withdrawn_at is null
left join followers f on f.jurisdiction_id = a.jurisdiction_id and f.token_hash = a.receiver
    and c.visibility = 'public'
where a.jurisdiction_id = :city and a.rev = :rev and a.case_key in {values}
    and a.kind in ('closed', 'reopened', 'parent_closed', 'parent_reopened')
    and (t.address is not null or f.token_hash is not null)
"""
