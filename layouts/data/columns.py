"""The data dictionary: every published column, what it means, and what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.shared.components import table
from layouts.shared.document import Page
from layouts.shared.language import _, pgettext
from layouts.shared.prerender import tag
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.published_columns import BULK_COLUMNS, CASE_COLUMNS, PublishedColumn

if TYPE_CHECKING:
    from portal.queries.data.columns import ColumnContent


def columns_page(city: Jurisdiction, cases: int, contents: Mapping[str, ColumnContent]) -> Page:
    """One table of the columns of every file, and one of the Open311 format's."""
    heading = _("What the columns mean")
    lead = _(
        "The columns are the same in every file. Times are in UTC; days are {city}’s.",
        city=city.name,
    )
    bulk = _("GeoReport Bulk, the Open311 format, has the same values under its own names:")
    rows = [_describe(column, cases, contents[column.name]) for column in CASE_COLUMNS]
    heads = [
        _("Column"),
        _("Kind"),
        _("Meaning"),
        pgettext("column", "Where from"),
        _("Empty"),
        _("Example"),
    ]
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_("Every column of the files of cases: its meaning, its source, an example."),
        body=[
            html.P(html.A(_("About the data"), href="/data"), className="back"),
            html.H1(heading, tabIndex="-1"),
            html.P(lead, className="lead"),
            html.Div(table(heading, heads, rows, frozenset({4})), className="table-of-words"),
            html.H2("GeoReport Bulk"),
            html.P(bulk),
            table("GeoReport Bulk", heads[:3:2], [_name(column) for column in BULK_COLUMNS]),
        ],
        path="/data/columns",
    )


def _describe(column: PublishedColumn, cases: int, content: ColumnContent) -> list[Any]:
    kind = f"{column.kind}, {column.unit}" if column.unit else column.kind
    return [
        tag("code", {}, column.name),
        kind,
        english(column.meaning),
        english(column.source),
        _percent(content.empty, cases),
        english(content.example),
    ]


def _percent(part: int, whole: int) -> str:
    """“0 %” and “100 %” only where it is exactly so."""
    if not whole or part in (0, whole):
        return f"{100 if part else 0} %"
    return f"{min(99.9, max(0.1, 100 * part / whole)):.1f} %"


def _name(column: PublishedColumn) -> list[Any]:
    return [tag("code", {}, column.name), english(column.meaning.removeprefix("GeoReport Bulk: "))]


def english(text: str) -> Any:
    """The columns' own words, which are English in every language, as in the files."""
    return tag("span", {"lang": "en"}, text)
