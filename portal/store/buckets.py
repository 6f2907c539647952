"""Rate limits that all our processes share: token buckets, one row each in the store.

is_allowed = take_token(connection, city.id, "follow network 7c1f…", Limit(10, per_hour=10), now)
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True)
class Limit:
    """A burst of `capacity`, then `per_hour` an hour."""

    capacity: int
    per_hour: float


def take_token(connection: Connection, city_id: str, name: str, limit: Limit, now: int) -> bool:
    """Take a token, inside the caller's write transaction; False if none is left.

    A new bucket is full. `now` is in epoch seconds.
    """
    return count_token(connection, city_id, name, limit, now) >= 0


def count_token(connection: Connection, city_id: str, name: str, limit: Limit, now: int) -> float:
    """The same: the tokens left, below 0 if there was none to take."""
    values = {
        "city": city_id,
        "name": name,
        "now": now,
        "most": limit.capacity,
        "rate": limit.per_hour / SECONDS_PER_HOUR,
    }
    return connection.execute(text(_TAKE), values).scalar_one()


def forget_full(connection: Connection, now: int) -> None:
    """Delete the buckets not used for a day: they have filled up. `now` is in epoch seconds."""
    connection.execute(
        text("delete from buckets where filled_at < :before"),
        {"before": now - 24 * SECONDS_PER_HOUR},
    )


# The tokens in it now. A negative number means that the last request got none: the bucket then has
# what is missing to minus one.
_LEFT = "case when buckets.tokens < 0 then buckets.tokens + 1 else buckets.tokens end"
_FILLED = (
    f"{_LEFT} + :rate *"
    " (case when :now > buckets.filled_at then :now - buckets.filled_at else 0 end)"
)
_TAKE = f"""
insert into buckets (jurisdiction_id, name, tokens, filled_at)
values (:city, :name, :most - 1, :now)
on conflict (jurisdiction_id, name) do update set
    tokens = case when {_FILLED} > :most then :most else {_FILLED} end - 1,
    filled_at = case when :now > buckets.filled_at then :now else buckets.filled_at end
returning tokens
"""
