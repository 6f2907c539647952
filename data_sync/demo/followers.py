"""Invented people who follow some of the demo city's open cases, with impossible addresses."""

from __future__ import annotations

from sqlalchemy import Connection, text

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.facts import publish
from portal.notifications import following
from portal.notifications.contacts import Recipient
from portal.store import data_version

LOOKED_AT = 600
ONE_IN = 8
MOST = 9


def give_followers(portal: Portal, city: Jurisdiction, now: int) -> int:
    """Give one in eight of the newest open cases one to nine followers; returns how many cases.

    The followers are always the same. Does nothing if someone follows a case already.
    """
    with portal.transaction() as connection:
        rev = data_version.lock(connection, city.id, now) + 1
        if _has_followers(connection, city.id):
            return 0
        chosen = _newest_open(connection, city.id)[::ONE_IN]
        for number, case in enumerate(chosen):
            people = 1 + number % MOST
            _add_followers(connection, portal, city.id, case, people, now)
            following.change_follower_count(connection, city.id, case, people, rev, now)
    publish.update(portal.core, city, portal.facts_folder)
    return len(chosen)


def _has_followers(connection: Connection, city_id: str) -> bool:
    query = text("select 1 from followers where jurisdiction_id = :city limit 1")
    return connection.execute(query, {"city": city_id}).first() is not None


def _add_followers(
    connection: Connection, portal: Portal, city_id: str, case: int, people: int, now: int
) -> None:
    for person in range(people):
        who = Recipient(f"neighbour-{person}-of-{case}@example.invalid", "en")
        following.add_follower(connection, portal.settings, city_id, case, who, now)


def _newest_open(connection: Connection, city_id: str) -> list[int]:
    query = text(
        "select id from cases "
        "where jurisdiction_id = :city and is_open = 1 and visibility = 'public' "
        "order by opened_at desc, id desc limit :most"
    )
    return list(connection.execute(query, {"city": city_id, "most": LOOKED_AT}).scalars())
