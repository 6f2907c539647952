"""A single case as the portal knew it at a past moment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from portal.domain.case import CasePhoto
from portal.facts.reader_at import FactsAt
from portal.queries.cases.case_detail import (
    CaseDetail,
    case_row,
    changes_of_case,
    make_detail,
    notes_of_case,
)
from portal.queries.cases.past_cards import END, PROBLEM, old_values, undo
from portal.queries.cases.photos import photos_of_case

_THEN = "select photos, days_open, updated_at from cases where id = ?"


def case_as_of(
    connection: Connection, city_id: str, facts: FactsAt, typed: str
) -> CaseDetail | None:
    """The case with this number as of the facts' moment; None if it is not public, or was not then.

    Notes of the city and photos are those of times before the moment, by the city's own time.
    """
    row, moment = case_row(connection, city_id, typed), facts.moment
    if row is None:
        return None
    key = row["id"]
    known = facts.rows(_THEN, [key])
    if not known:
        return None
    photos, days_open, updated_at = known[0]
    slugs = {word.name: word.slug for word in facts.services.values()}
    old = old_values(connection, city_id, [key], moment).get(key, {})
    then: dict[str, Any] = undo(dict(row), old, photos, slugs)
    then |= {"days_open": days_open, "updated_at": updated_at}
    if then["sent_at"] and then["sent_at"] > moment:
        then["sent_at"] = 0
    changes = changes_of_case(connection, city_id, key)
    return make_detail(
        then,
        moment,
        changes=tuple(change for change in changes if change.seen_at <= moment),
        notes=tuple(n for n in notes_of_case(connection, city_id, key) if n.said_at <= moment),
        photos=tuple(
            photo
            for photo in photos_of_case(connection, city_id, key)
            if _was_there(photo, photos, moment)
        ),
    )


def _was_there(photo: CasePhoto, photos: int, moment: int) -> bool:
    bit = PROBLEM if photo.kind == "before" else END
    return bool(photos & bit) and photo.taken_at <= moment
