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
        if connection.execute(
            text("select 1 from followers where jurisdiction_id = :city limit 1"), {"city": city.id}
        ).first():
            return 0
        wanted = {
            case: 1 + number // ONE_IN % MOST
            for number, case in enumerate(_newest_open(connection, city.id))
            if number % ONE_IN == 0
        }
        for case, people in wanted.items():
            for person in range(people):
                address = f"neighbour-{person}-of-{case}@example.invalid"
                following.add_follower(
                    connection, portal.settings, city.id, case, Recipient(address, "en"), now
                )
            following.change_follower_count(connection, city.id, case, people, rev, now)
    publish.update(portal.core, city, portal.facts_folder)
    return len(wanted)


def _newest_open(connection: Connection, city_id: str) -> list[int]:
    query = text(
        "select id from cases "
        "where jurisdiction_id = :city and is_open = 1 and visibility = 'public' "
        "order by opened_at desc, id desc limit :most"
    )
    return list(connection.execute(query, {"city": city_id, "most": LOOKED_AT}).scalars())
