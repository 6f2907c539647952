"""Stores from before the first release, whose revisions 0001 to 0016 became one: 0017.

A store at 0016 has the tables that 0017 makes, so it is taken over as it is. The steps up from
earlier revisions are gone; a store at one of them has to be built again.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

FIRST_RELEASED = "0017"
LAST = "0016"
EARLIER = frozenset(
    ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0010", "0011", "0014", "0015")
)


def take_over_store(connection: Connection, config: Config) -> None:
    """Record a store at 0016 as one at 0017. The one name that differs becomes the same."""
    if connection.dialect.name == "postgresql":
        _rename_key_of_alerts(connection)
    command.stamp(config, FIRST_RELEASED, purge=True)


def _rename_key_of_alerts(connection: Connection) -> None:
    """0015 made `alerts` a second time while the first one still had the key's usual name."""
    find = text("select 1 from pg_constraint where conname = 'alerts_pkey1'")
    if connection.execute(find).scalar():
        connection.execute(text("alter table alerts rename constraint alerts_pkey1 to alerts_pkey"))
