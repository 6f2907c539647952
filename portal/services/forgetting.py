"""Deleting what we keep only for a time.

That is e-mail addresses of residents whose case was closed long ago, full rate-limit buckets, and
old notes of the sync, API keys that nobody made or that have ended, and what became of webhooks'
deliveries.
"""

from __future__ import annotations

from portal.auth import api_keys
from portal.context import Portal
from portal.notifications import alerts, contacts, following
from portal.services.data import webhooks
from portal.services.sync import quarantine, sync_runs
from portal.store import buckets

SYNC_NOTES_SECONDS = 90 * 86_400
"""How long we keep the sync's runs, the rows it could not use, and that an e-mail was sent."""


def forget_expired(portal: Portal, now: int) -> int:
    """Delete what has expired, for all cities; returns how many residents' addresses were deleted.

    `now` is in epoch seconds. Cheap, and safe beside any other work.
    """
    with portal.transaction() as connection:
        buckets.forget_full(connection, now)
        for city_id in portal.cities:
            sync_runs.forget_old_runs(connection, city_id, now - SYNC_NOTES_SECONDS)
            quarantine.forget_old_rows(connection, city_id, now - SYNC_NOTES_SECONDS)
            alerts.forget_old_alerts(connection, city_id, now - SYNC_NOTES_SECONDS)
        following.forget_old_followers(connection, now)
        api_keys.forget_old_keys(connection, now)
        webhooks.forget_old_deliveries(connection, now)
        return contacts.forget_old_addresses(connection, now)
