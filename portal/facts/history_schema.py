"""The tables of a facts file that tell what changed: revisions, past, changes, withdrawals.

A pothole that was opened on Monday and closed on Wednesday, and later got another target date:

    cases      its row as it is now                          known since the new target date
    past       open; closed with the old target date         each known from one change to the next
    changes    closed on Wednesday; re-dated later
    revisions  status open → closed, closed_at …, target_at …

`cases` as of a past second are the rows of `cases` and `past` that were known then: SQL in
`cases_as_of`. docs/adr/0025-as-of-and-what-changed.md says what is left out and why.
"""

from __future__ import annotations

from portal.facts.schema import CASE_COLUMNS, CASE_NAMES

NEW, CLOSED, REOPENED, REDATED, RETYPED, MOVED, RETURNED, WITHDRAWN = range(8)
CHANGE_KINDS = {
    "new": NEW,
    "closed": CLOSED,
    "reopened": REOPENED,
    "redated": REDATED,
    "retyped": RETYPED,
    "moved": MOVED,
    "returned": RETURNED,
    "withdrawn": WITHDRAWN,
}
"""What can happen to a case, as `changes.kind`. New cases are not in `changes` but in `cases`, by
`first_shown_at`; withdrawn ones only as numbers, in `withdrawals`."""

REVISION_COLUMNS = (
    ("id", "BIGINT"),
    ("rev", "BIGINT"),
    ("field", "VARCHAR"),
    ("old_value", "VARCHAR"),
    ("new_value", "VARCHAR"),
    ("seen_at", "BIGINT"),
    ("source_updated_at", "BIGINT"),
)
"""`revisions`: each change of a published field of a public case, made while it was public."""
PAST_COLUMNS = (
    *((column.name, column.kind) for column in CASE_COLUMNS),
    ("known_until", "BIGINT"),
)
"""`past`: a public case as it was from `known_since` until `known_until` (epoch s)."""
CHANGE_COLUMNS = (("seen_at", "BIGINT"), ("kind", "TINYINT"), ("id", "BIGINT"))
"""`changes`: at `seen_at` (epoch s) the portal saw that the case had changed in this way."""
WITHDRAWAL_COLUMNS = (("seen_at", "BIGINT"), ("rev", "BIGINT"), ("cases", "BIGINT"))
"""`withdrawals`: how many public cases the city withdrew at once; which ones is not told."""
PAST_LABEL_COLUMNS = (
    ("label_id", "INTEGER"),
    ("kind", "VARCHAR"),
    ("name", "VARCHAR"),
    ("slug", "VARCHAR"),
)
"""`past_labels`: labels that public cases had once and none has now."""
HISTORY_TABLES = {
    "revisions": REVISION_COLUMNS,
    "past": PAST_COLUMNS,
    "changes": CHANGE_COLUMNS,
    "withdrawals": WITHDRAWAL_COLUMNS,
    "past_labels": PAST_LABEL_COLUMNS,
}
HISTORY_ORDER = {
    "revisions": "seen_at, id, rev, field",
    "past": "opened_month // 12 desc, quad, id, known_since",
    "changes": "seen_at, kind, id",
    "withdrawals": "seen_at, rev",
    "past_labels": "label_id",
}
"""How each is sorted: what happened on a day, and where a past case was, are few pages."""


def cases_as_of(moment: int, database: str) -> str:
    """SQL of `cases` as they were known at a second (epoch s), from the tables of a database.

    How many people followed a case has no history: it is 0.
    """
    tables = f'"{database}".main'
    names = ", ".join("0 as followers" if name == "followers" else name for name in CASE_NAMES)
    return (
        f"select {names}, rowid as place from {tables}.cases where known_since <= {int(moment)}"
        f" union all select {names}, rowid as place from {tables}.past"
        f" where known_since <= {int(moment)} and known_until > {int(moment)}"
    )
