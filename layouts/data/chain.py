"""The page of the chain: every manifest from the newest, and how to check them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from layouts.shared.components import moment_tag, table
from layouts.shared.document import Page
from layouts.shared.language import _
from layouts.shared.prerender import tag
from portal.domain.jurisdiction import Jurisdiction

MOST_SHOWN = 200


@dataclass(frozen=True)
class ShownLink:
    """A link of the chain. `made_at` in epoch seconds; `revision` above 1: something was taken out.

    `state`: served, withheld, expired or superseded.
    """

    number: int
    dataset: str
    version: str
    revision: int
    rows: int
    made_at: int
    sha256: str
    state: str


def chain_page(city: Jurisdiction, links: Sequence[ShownLink], site_url: str, now: int) -> Page:
    """The newest links, newest first. `now` in epoch seconds."""
    heading = _("The chain of frozen files")
    command = f"python -m portal verify --publication --from {site_url}"
    heads = [_("Number"), _("File"), _("Rows"), _("Made"), _("State"), "SHA-256"]
    rows = [_describe(city, link, now) for link in links]
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_("Every frozen file has a manifest, and each names the one before it."),
        body=[
            html.P(html.A(_("About the data"), href="/data"), className="back"),
            html.H1(heading, tabIndex="-1"),
            html.P(
                _(
                    "Each time we freeze files, or take out of them what is no longer public, a "
                    "manifest lists them. It has the hash of the manifest before it. If you keep "
                    "one hash, you can tell whether anything before it was changed."
                ),
                className="lead",
            ),
            html.P(_("Check all of it:")),
            tag("pre", {"tabindex": "0"}, tag("code", {}, command)),
            html.Div(table(heading, heads, rows, frozenset({2})), className="table-of-words")
            if rows
            else html.P(_("Nothing is frozen yet.")),
            *([html.P(_all_links())] if rows else []),
        ],
        path="/data/chain",
    )


def _describe(city: Jurisdiction, link: ShownLink, now: int) -> list[Any]:
    states = {
        "served": _("can be downloaded"),
        "withheld": _("is being written again"),
        "expired": _("no longer kept"),
        "superseded": _("replaced"),
    }
    version = f"{link.dataset} {link.version}"
    return [
        html.A(str(link.number), href=f"/data/chain/{link.number}.json"),
        version if link.revision == 1 else _("{file}, revision {n}", file=version, n=link.revision),
        f"{link.rows:,}",
        moment_tag(link.made_at, city.zone, now),
        states[link.state],
        tag("code", {}, link.sha256[:16] + "…"),
    ]


def _all_links() -> html.A:
    return html.A(_("All links, for programs"), href="/data/chain.json")
