"""All that happened to a case, for programs: opened, sent, what the city wrote, changes, closed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portal.queries.cases.case_detail import CaseDetail
from portal.queries.data.published_cases import write_time
from portal.queries.data.revisions import Revision

Event = dict[str, Any]


def list_events(case: CaseDetail, revisions: Iterable[Revision]) -> list[Event]:
    """What happened, oldest first: `at` (RFC 3339), `kind`, and what belongs to the kind."""
    changes = [
        {
            "at": change["seen_at"],
            "kind": "changed",
            **{name: change[name] for name in ("field", "old_value", "new_value")},
        }
        for change in revisions
    ]
    return sorted([*_steps(case), *_notes(case), *changes], key=lambda event: event["at"])


def _steps(case: CaseDetail) -> list[Event]:
    steps = {"opened": case.opened_at, "sent": case.sent_at}
    if case.status == "closed":
        steps["closed"] = case.closed_at
    return [{"at": write_time(at), "kind": kind} for kind, at in steps.items() if at is not None]


def _notes(case: CaseDetail) -> list[Event]:
    return [
        {"at": write_time(note.said_at), "kind": note.kind, "words": note.words}
        for note in case.notes
    ]
