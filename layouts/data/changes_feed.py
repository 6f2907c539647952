"""The last changes as an Atom feed (RFC 4287)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from layouts.cases.case_timeline import describe_changes
from layouts.cases.sentence import describe_filter
from layouts.data.changes import Asked, kind_words
from layouts.shared import formats
from layouts.shared.components import case_address, case_heading_text
from layouts.shared.language import _
from layouts.shared.prerender import to_html
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.data.case_changes import CaseWithChanges


@dataclass(frozen=True)
class Feed:
    """Changed cases, last first, and when the newest data was stored (epoch s)."""

    asked: Asked
    cases: tuple[CaseWithChanges, ...]
    as_of: int


def draw_feed(city: Jurisdiction, feed: Feed, site_url: str) -> str:
    """The document. A case's entry has an id of its own for each time that it changed."""
    asked = feed.asked
    cases = describe_filter(asked.case_filter, asked.names, city.name)
    page = site_url + asked.address("/changes")
    entries = "".join(_entry(city, case, site_url, feed.as_of) for case in feed.cases)
    updated = feed.cases[0].seen_at if feed.cases else feed.as_of
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<title>{escape(_('What changed: {cases}', cases=cases))}</title>\n"
        f"<id>{escape(page)}</id>\n"
        f'<link rel="alternate" type="text/html" href={quoteattr(page)}/>\n'
        f'<link rel="self" href={quoteattr(site_url + asked.address("/changes.atom"))}/>\n'
        f"<updated>{formats.iso(updated)}</updated>\n"
        f"<author><name>{escape(city.name)}</name></author>\n"
        f"{entries}</feed>\n"
    )


def _entry(city: Jurisdiction, case: CaseWithChanges, site_url: str, as_of: int) -> str:
    words = kind_words()
    address = site_url + case_address(case.card.case_id)
    kinds = formats.join_words([words[kind] for kind in case.kinds])
    said = describe_changes(city, case.card, list(case.changes), as_of)
    lines = "\n".join(_text_of(line) for line in said) or kinds
    title = f"{kinds}: {case_heading_text(case.card)}"
    return (
        f"<entry>\n<title>{escape(title)}</title>\n"
        f"<id>{escape(address)}#{case.seen_at}</id>\n"
        f'<link rel="alternate" type="text/html" href={quoteattr(address)}/>\n'
        f"<updated>{formats.iso(case.seen_at)}</updated>\n"
        f"<summary>{escape(lines)}</summary>\n</entry>\n"
    )


def _text_of(node: Any) -> str:
    """What a reader reads of a tree."""
    return unescape(re.sub(r"<[^>]+>", "", to_html(node)))
