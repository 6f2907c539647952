"""Is anything stuck? A table of all that waits: messages, e-mails, photos and the sync."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared import formats
from layouts.shared.components import moment_tag, notice, table
from layouts.shared.language import _
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.staff.queues import QueueState


def queues_table(city: Jurisdiction, queues: Sequence[QueueState], now: int) -> list[Any]:
    """The answer in a sentence, and the figures behind it; nothing where there are none."""
    if not queues:
        return []
    stuck = [_name(queue) for queue in queues if queue.is_stuck]
    said = html.P(_("Nothing is stuck."))
    if stuck:
        said = notice(_("Stuck: {queues}.", queues=", ".join(stuck)), kind="warning")
    heads = [_("What"), _("Waiting"), _("Failed"), _("Oldest, or last read")]
    rows = [_row(city, queue, now) for queue in queues]
    return [said, table(_("What is waiting"), heads, rows, frozenset({1, 2}))]


def _row(city: Jurisdiction, queue: QueueState, now: int) -> list[Any]:
    since = "–" if queue.oldest_at is None else moment_tag(queue.oldest_at, city.zone, now)
    waiting = "–" if queue.kind == "sync" else formats.number(queue.waiting)
    return [_name(queue), waiting, formats.number(queue.failed), since]


def _name(queue: QueueState) -> str:
    names = {
        "messages": _("Messages to the city’s systems"),
        "emails": _("E-mails to residents"),
        "photos": _("Photos to fetch"),
    }
    return names.get(queue.kind) or _("Sync of {source}", source=queue.name)
