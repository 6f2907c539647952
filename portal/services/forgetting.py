"""What is kept only for a time, and is over: addresses of residents whose case is long closed, buckets that are full again."""

from __future__ import annotations

from portal.context import Portal
from portal.services import buckets, contacts


def forget_what_is_over(portal: Portal, now: int) -> int:
    """Delete it, for all cities; how many addresses went. `now` is in epoch seconds. Cheap, and safe beside any other work."""
    with portal.transaction() as connection:
        buckets.forget_full(connection, now)
        return contacts.forget_old(connection, now)
