"""What is kept only for a time, and is over: addresses of residents whose case is long closed, full buckets, the sync's old notes."""

from __future__ import annotations

from portal.context import Portal
from portal.notifications import alerts, contacts, following
from portal.services.sync import quarantine, sync_runs
from portal.store import buckets

SYNC_NOTES_SECONDS = 90 * 86_400
"""How long the sync's runs, the rows it could not use, and that a letter was sent, are kept."""


def forget_what_is_over(portal: Portal, now: int) -> int:
    """Delete it, for all cities; how many addresses went. `now` is in epoch seconds. Cheap, and safe beside any other work."""
    with portal.transaction() as connection:
        buckets.forget_full(connection, now)
        for city_id in portal.cities:
            sync_runs.forget_old(connection, city_id, now - SYNC_NOTES_SECONDS)
            quarantine.forget_old(connection, city_id, now - SYNC_NOTES_SECONDS)
            alerts.forget_old(connection, city_id, now - SYNC_NOTES_SECONDS)
        following.forget_old(connection, now)
        return contacts.forget_old(connection, now)
