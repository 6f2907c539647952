"""The page about the data: what there is, how fresh, how to open it, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html

from layouts.cases.downloads import download_list
from layouts.shared.components import counting_link, moment_tag
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext, weave
from layouts.shared.prerender import tag
from portal.domain.downloads import FileChoice
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction

EQUITY = "/performance/equity"


@dataclass(frozen=True)
class FrozenDay:
    """The newest frozen version, such as 2026-11-30: how to cite it, lines of code that open it (by
    language), and what it says to machines."""

    version: str
    citation: str
    snippets: tuple[tuple[str, str], ...]
    structured: tuple[dict[str, Any], ...]


def data_page(
    city: Jurisdiction,
    cases: int,
    as_of: int,
    files: tuple[FileChoice, ...],
    site_url: str,
    frozen: FrozenDay | None,
    now: int,
) -> Page:
    """What a reporter needs first. `as_of` and `now` are in epoch seconds.

    `frozen` is the newest frozen version; None before the first.
    """
    heading = _("All of {city}’s cases, to check for yourself", city=city.name)
    return Page(
        title=f"{heading} · Citizens Connect",
        description=_(
            "Download the cases of {city} as CSV, Excel, GeoJSON or GeoParquet, with what each"
            " column means and what is left out.",
            city=city.name,
        ),
        body=[
            html.H1(heading, tabIndex="-1"),
            _lead(city, cases, as_of, now),
            html.H2(_("All of them, as they are now")),
            download_list(CaseFilter(), cases, files),
            *_parts(),
            *(_frozen(frozen) if frozen else []),
            *_opening(site_url, frozen),
            *_left_out(),
            *_trust(),
            *_programs(),
        ],
        path="/data",
        structured=list(frozen.structured) if frozen else None,
    )


def _lead(city: Jurisdiction, cases: int, as_of: int, now: int) -> html.P:
    sentence = ngettext(
        "{n} case, as the city publishes it and as the pages here show it. As of {moment}.",
        "{n} cases, as the city publishes them and as the pages here show them. As of {moment}.",
        cases,
        moment="{moment}",
    )
    return html.P(weave(sentence, moment=moment_tag(as_of, city.zone, now)), className="lead")


def _parts() -> list[Any]:
    """How to have fewer than all."""
    sentence = _(
        "Choose a type, a place or days in {the_list}. Below it are the files of exactly those "
        "cases. A program can use a file’s address too; it always gives the latest cases."
    )
    link = html.A(_("the list of cases"), href="/cases")
    return [
        html.H2(_("Just some of them")),
        html.P(weave(sentence, the_list=link)),
        html.P(html.A(_("What the columns mean"), href="/data/columns", className="button")),
        html.P(counting_link(words=_("How every number is counted"))),
    ]


def _frozen(day: FrozenDay) -> list[Any]:
    """Files that stay as they are, for a number that others should find again."""
    folder = f"/data/cases/{day.version}"
    files = (("cases.parquet", "Parquet"), ("cases.csv.gz", "CSV"), ("cases.sqlite", "SQLite"))
    links = [html.Li(html.A(name, href=f"{folder}/{file}", download="")) for file, name in files]
    return [
        html.H2(_("Frozen copies")),
        html.P(
            _(
                "Every night we freeze all cases under that day’s date. Open the same day later "
                "and you get the same rows, minus any that have become private; checksums prove "
                "it. Name the day when you publish a number."
            )
        ),
        html.P(_("The newest is {version}:", version=day.version)),
        html.Ul(links, className="plain-list"),
        html.H3(_("How to cite it")),
        tag("pre", {"tabindex": "0"}, tag("code", {}, day.citation)),
        html.P(html.A(_("All frozen days, with their checksums"), href="/data/chain")),
    ]


def _opening(site_url: str, frozen: FrozenDay | None) -> list[Any]:
    """How to open them, in the words of each program: the frozen day, where there is one."""
    csv = f"{site_url}/cases.csv?status=open"
    examples = frozen.snippets if frozen else (("R", f'cases <- read.csv("{csv}")'),)
    parts = [
        part
        for name, code in examples
        for part in (html.H3(name), tag("pre", {"tabindex": "0"}, tag("code", {}, code)))
    ]
    words = _("A second sheet in the Excel file says which cases it has and how current they are.")
    return [html.H2(_("How to open them")), html.P(words), *parts]


def _left_out() -> list[Any]:
    items = (
        _("Private reports, and reports that the city has not looked at yet."),
        _("Names, e-mail addresses, phone numbers and other personal data in texts."),
        _("What residents wrote to us. What they wrote to the city is there if the city shows it."),
        _("House numbers, where the city publishes a type of case by block or by area only."),
    )
    return [
        html.H2(_("What is left out, and why")),
        html.P(_("A public record must not tell who reported something, or where they live.")),
        html.Ul([html.Li(item) for item in items], className="bullets"),
    ]


def _trust() -> list[Any]:
    """How to check what the files say."""
    how = html.A(_("how fresh the data is and what contradicts itself"), href="/status")
    what = html.A(_("what the city changed, day by day"), href="/changes")
    sentence = _(
        "A file has the rows of its list. Both come from the same record, so the numbers agree. See"
        " also {how}, and {what}."
    )
    parts = weave(sentence, how=how, what=what)
    return [html.H2(_("Can the numbers be trusted?")), html.P(parts)]


def _programs() -> list[Any]:
    """Where programs ask."""
    links = (
        ("/developers", _("A JSON API with every public case")),
        ("/open311/v2/discovery.json", _("Open311 GeoReport v2, the standard of 311 systems")),
        ("/developers/keys", _("Keys for programs that report or ask often, and webhooks")),
    )
    items = [html.Li(html.A(words, href=address)) for address, words in links]
    return [html.H2(_("For programs")), html.Ul(items, className="plain-list")]
