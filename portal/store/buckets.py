"""Token buckets in our own database: how often somebody may do something, whichever of our processes they meet."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True)
class Limit:
    """So many at once, and so many an hour from then on."""

    capacity: int
    per_hour: float


def take(connection: Connection, city_id: str, name: str, limit: Limit, now: int) -> bool:
    """Take a token, in the caller's write transaction; False where none is left. A bucket nobody used is full."""
    values = {
        "city": city_id,
        "name": name,
        "now": now,
        "most": limit.capacity,
        "rate": limit.per_hour / SECONDS_PER_HOUR,
    }
    return connection.execute(text(_TAKE), values).scalar_one() >= 0


def forget_full(connection: Connection, now: int) -> None:
    """Delete the buckets nobody used for a day: they are full."""
    connection.execute(
        text("delete from buckets where filled_at < :before"),
        {"before": now - 24 * SECONDS_PER_HOUR},
    )


# What is in it now. A bucket below nothing says that the last one who asked got none: it holds what is missing to minus one.
_HELD = "case when buckets.tokens < 0 then buckets.tokens + 1 else buckets.tokens end"
_FILLED = f"{_HELD} + :rate * (case when :now > buckets.filled_at then :now - buckets.filled_at else 0 end)"
_TAKE = f"""
insert into buckets (jurisdiction_id, name, tokens, filled_at) values (:city, :name, :most - 1, :now)
on conflict (jurisdiction_id, name) do update set
    tokens = case when {_FILLED} > :most then :most else {_FILLED} end - 1,
    filled_at = case when :now > buckets.filled_at then :now else buckets.filled_at end
returning tokens
"""
