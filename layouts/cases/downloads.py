"""The files beside a list of cases: how many rows, which formats, and about how large."""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.shared import formats
from layouts.shared.components import counting_link
from layouts.shared.language import _, ngettext
from layouts.shared.prerender import tag
from portal.domain.as_of import AsOf
from portal.domain.downloads import FileChoice
from portal.domain.filters import CaseFilter

LONG_BYTES = 5_000_000
"""From this size on, a script shows how far a download is."""


def download_links(
    case_filter: CaseFilter,
    cases: int,
    files: tuple[FileChoice, ...],
    site_url: str = "",
    then: AsOf | None = None,
) -> Any:
    """A fold with a link for each format, and the code for other sites, where `site_url` is given.

    `then`: the files are as of that day. None where there is no case.
    """
    if not cases or not files:
        return None
    heading = ngettext("Download this case", "Download these {n} cases", cases)
    more = html.P(
        [
            _("Each row is a case in this list, with everything that is published about it."),
            " ",
            html.A(_("What the columns mean"), href="/data/columns"),
            " ",
            counting_link("cases-that-match"),
        ],
        className="numbers",
    )
    fold = [html.Summary(heading), download_list(case_filter, cases, files, then), more]
    if site_url:
        fold += _embed_code(case_filter, site_url)
    return html.Details(fold, className="downloads")


def _embed_code(case_filter: CaseFilter, site_url: str) -> list[Any]:
    """The code that shows the cases on another site."""
    query = case_filter.to_query_string()
    address = f"{site_url}/embed/map?{query}" if query else f"{site_url}/embed/map"
    code = f'<iframe src="{address}" width="100%" height="420" title="Citizens Connect"></iframe>'
    words = _("Copy this into your page. Replace map with list or number to show those instead.")
    return [
        html.H3(_("Show them on your own site")),
        tag("pre", {"tabindex": "0"}, tag("code", {}, code)),
        html.P(words, className="numbers"),
    ]


def download_list(
    case_filter: CaseFilter,
    cases: int,
    files: tuple[FileChoice, ...],
    then: AsOf | None = None,
) -> html.Ul:
    """A link for each format, with what it is for and about how large it is."""
    query = "&".join(filter(None, (case_filter.to_query_string(), then.query if then else "")))
    return html.Ul(
        [html.Li(_link(query, cases, choice)) for choice in files],
        className="plain-list download-list",
    )


def _link(query: str, cases: int, choice: FileChoice) -> list[Any]:
    address = f"/cases.{choice.suffix}?{query}" if query else f"/cases.{choice.suffix}"
    name, use = _describe(choice.suffix)
    link = {"href": address, "download": ""} | _words_of_progress(choice)
    parts: list[Any] = [tag("a", link, name), f" {use}, "]
    parts.append(_("about {size}", size=formats.file_size(choice.size)))
    if choice.most and cases > choice.most:
        parts.append(". ")
        parts.append(_("Only the newest {n}", n=formats.number(choice.most)))
    return parts


def _words_of_progress(choice: FileChoice) -> dict[str, str]:
    """What a script says of a long file's download, as it goes on (assets/shared-boot-3-…)."""
    if choice.size < LONG_BYTES:
        return {}
    return {
        "data-bytes": f"{choice.size:.0f}",
        "data-far": _("{size} MB so far", size="{size}"),
        "data-stop": _("Stop"),
        "data-stopped": _("Stopped. Nothing was saved."),
        "data-saved": _("Saved."),
        "data-broken": _("The download broke off, and nothing was saved. Please try again."),
    }


def _describe(suffix: str) -> tuple[str, str]:
    """A format's name, and what it is for."""
    return {
        "csv": ("CSV", _("for any program")),
        "xlsx": ("Excel", _("for a spreadsheet")),
        "geojson": ("GeoJSON", _("for maps")),
        "parquet": ("GeoParquet", _("for R, Python and DuckDB")),
        "jsonl": ("JSON Lines", _("for programs")),
        "bulk.csv": ("GeoReport Bulk CSV", _("the Open311 format")),
    }[suffix]
