"""Photos of the city's work that the e-mails about closings are about to name.

An e-mail waits some seconds for its photo, and the worker fetches such a photo at once:

    awaits_photo(connection, city.id, alert)         # asked by the mailer, about one e-mail
    is_photo_awaited(connection, city.id, now - 10)  # asked by the worker, about all new ones
"""

from __future__ import annotations

from sqlalchemy import Connection

from portal.notifications import alerts, repeats
from portal.notifications.alerts import Alert
from portal.queries.cases.photos import awaits_photo_of_work


def awaits_photo(connection: Connection, city_id: str, alert: Alert) -> bool:
    """Whether a photo is about to come that the receiver of an e-mail may see."""
    is_own = alert.kind == "closed" and not alert.receiver
    case = _closed_case(connection, city_id, alert)
    return case is not None and awaits_photo_of_work(connection, city_id, case, is_own)


def is_photo_awaited(connection: Connection, city_id: str, since: int) -> bool:
    """Whether an e-mail that was queued since a moment (epoch s) awaits a photo."""
    queued = alerts.new_closings(connection, city_id, since)
    return any(awaits_photo(connection, city_id, alert) for alert in queued)


def _closed_case(connection: Connection, city_id: str, alert: Alert) -> int | None:
    """The case that an e-mail says was closed, by key."""
    if alert.kind == "parent_closed":
        return repeats.find_parent(connection, city_id, alert.case_key)
    return alert.case_key if alert.kind == "closed" else None
