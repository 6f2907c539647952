"""Moving a case in or out of the public's sight.

Changes its row, the search index, the names that the public may know, and the data version by which
pages notice; the closing words of cases that repeat a hidden one no longer name it. From one hidden
state to another, the public version stays.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from portal.domain.jurisdiction import Jurisdiction
from portal.services.sync.parted import forget_in_repeats
from portal.services.sync.visibility_changes import add_visibility_changes
from portal.services.sync.vocabulary import Vocabulary
from portal.store import data_version, search_index
from portal.store.models import LABEL_KINDS, SERVICE_OF_CASE, Case, Service

_INDEXED = (Case.title, Service.name, Case.address, Case.note, Case.closure_reason)
"""Whose words the search finds a case by."""
_CASE = select(*_INDEXED, Case.opened_at, Case.visibility, Case.source_updated_at).join(
    Service, SERVICE_OF_CASE
)


def set_visibility(
    connection: Connection, city: Jurisdiction, case: int, visibility: str, now: int
) -> int:
    """Set a case's visibility, by its key; returns the new data version. `now` is in epoch s."""
    rev = data_version.lock(connection, city.id, now) + 1
    of_case = Case.jurisdiction_id == city.id, Case.id == case
    row = connection.execute(_CASE.where(*of_case)).one()
    connection.execute(update(Case).where(*of_case).values(visibility=visibility, rev=rev))
    change = case, row.visibility, visibility, row.source_updated_at
    add_visibility_changes(connection, city.id, rev, [change], now)
    is_public = visibility == "public"
    is_seen = is_public or row.visibility == "public"
    data_version.set_version(connection, city.id, rev, now, is_public=is_seen)
    old_opened_at = row.opened_at if row.visibility == "public" else None
    words = " ".join(part for part in row[:5] if part)
    entry = search_index.Entry(city.id, case, row.opened_at, words, is_public, old_opened_at)
    search_index.index_cases(connection, [entry])
    if is_public:
        _publish_words(connection, city, case)
    elif row.visibility == "public":
        for repeat in forget_in_repeats(connection, city.id, case):
            set_visibility(connection, city, repeat, "public", now)
    return rev


def _publish_words(connection: Connection, city: Jurisdiction, case: int) -> None:
    """Let the public know the case's service and labels: it may be the first to have them."""
    columns = [getattr(Case, f"{kind}_id") for kind in LABEL_KINDS]
    vocabulary = Vocabulary(connection, city)
    names = select(Case.service_id, Case.spellings, *columns)
    of_case = Case.jurisdiction_id == city.id, Case.id == case
    service, spellings, *labels = connection.execute(names.where(*of_case)).one()
    vocabulary.publish_service(service, spellings)
    vocabulary.publish_labels(labels, spellings)
    vocabulary.flush()
