"""Files and answers made from the facts, while something in these has just been hidden.

Pages read what they show from the store, so what staff hide is gone at once. The facts follow a
second later, or whenever the worker is back. Until then nothing is made from them that would still
have a hidden case or a hidden word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from portal.errors import TakesTooLong
from portal.facts.reader import Facts

if TYPE_CHECKING:
    from portal.context import Portal

_LESS_PUBLIC = text(
    "select c.id from cases c where c.jurisdiction_id = :city and c.rev > :batch"
    " and (c.visibility <> 'public' or exists (select 1 from hidden_texts h"
    " where h.jurisdiction_id = c.jurisdiction_id and h.case_key = c.id))"
)
_STILL_THERE = "select 1 from cases where id in (select unnest(?::bigint[])) limit 1"


def require_nothing_hidden_since(portal: Portal, facts: Facts) -> None:
    """Raise TakesTooLong while the facts have something that has been hidden since they were made.

    A report that was never public is not in them, so it changes nothing here.
    """
    if portal.data_version(facts.city_id) == facts.rev:
        return
    values = {"city": facts.city_id, "batch": facts.batch}
    with portal.core.connect() as connection:
        keys = connection.execute(_LESS_PUBLIC, values).scalars().all()
    if keys and facts.rows(_STILL_THERE, [keys]):
        raise TakesTooLong("The data is being brought up to date. Try again in a minute.")
