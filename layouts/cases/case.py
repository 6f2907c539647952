"""A case's page: what it is, where it stands, where it is, and what the city did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.cases.case_actions import follow_line, report_another, share_ways
from layouts.cases.case_facts import case_facts, time_to_close
from layouts.cases.case_place import case_place, near_cases
from layouts.cases.case_status import describe_status
from layouts.cases.case_timeline import timeline
from layouts.shared import formats
from layouts.shared.city_words import city_text, mark_city_words
from layouts.shared.components import (
    case_address,
    case_heading,
    case_heading_text,
    case_link,
    notice,
    search_form,
    status_mark,
    suggestions,
)
from layouts.shared.document import Page
from layouts.shared.icons import icon
from layouts.shared.language import _, ngettext, weave
from layouts.shared.photos import photo_figures
from layouts.shared.prerender import aria_label
from layouts.shared.structured import case_as_json_ld
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard
    from portal.queries.cases.case_detail import CaseDetail
    from portal.queries.cases.forecast import Forecast
    from portal.queries.cases.linked_cases import LinkedCases
    from portal.queries.cases.nearby import NearbyCase
    from portal.queries.cases.outlines import Outline


@dataclass(frozen=True)
class CaseView:
    """Everything a case's page shows.

    `site_url` is our own address. `alike` are cases of the same type near it, `others` are those
    of other types. `can_follow`: whether the portal sends e-mail.
    """

    case: CaseDetail
    site_url: str
    forecast: Forecast | None = None
    alike: tuple[NearbyCase, ...] = ()
    others: tuple[NearbyCase, ...] = ()
    outlines: tuple[Outline, ...] = ()
    relatives: LinkedCases | None = None
    can_follow: bool = False


def case_page(city: Jurisdiction, view: CaseView, now: int) -> Page:
    """The page of one public case. `now` is in epoch seconds."""
    case, heading = view.case, case_heading_text(view.case)
    status = describe_status(case, city, now, view.forecast)
    number = _("Case {number}", number=case.case_id)
    return Page(
        title=f"{heading} · {number} · Citizens Connect",
        description=f"{status} {number}, {city.name}.",
        body=[*_head(case, status, number), *_told(city, view, now), *_ways_on(city, view, now)],
        path=case_address(case.case_id),
        image=f"{case_address(case.case_id)}/card.png",
        structured=case_as_json_ld(city, case, view.site_url, heading),
    )


def past_case_body(city: Jurisdiction, view: CaseView, then: int) -> list[Any]:
    """A case as of a past moment (epoch s): what was known of it, and nothing to do about it."""
    case = view.case
    number = _("Case {number}", number=case.case_id)
    return [
        *_head(case, describe_status(case, city, then), number, _known_on(then, city)),
        _hidden_line(case),
        *photo_figures(case, case_heading_text(case), city, then),
        *_texts(case),
        *case_place(case, (), view.outlines),
        html.H2(_("What happened")),
        timeline(city, case, then),
        html.H2(_("What we know")),
        case_facts(city, case, then),
    ]


def _told(city: Jurisdiction, view: CaseView, now: int) -> list[Any]:
    """What is known of the case."""
    case = view.case
    return [
        follow_line(case, view.can_follow),
        *_relatives(view.relatives),
        _hidden_line(case),
        *photo_figures(case, case_heading_text(case), city, now),
        *_texts(case),
        *case_place(case, (*view.alike, *view.others), view.outlines),
        html.H2(_("What happened")),
        timeline(city, case, now),
        _history_files(case),
        html.H2(_("What we know")),
        case_facts(city, case, now),
        *time_to_close(city, view.forecast, now),
    ]


def _history_files(case: CaseDetail) -> html.P | None:
    """Every change as a file."""
    if not case.changes:
        return None
    here = f"{case_address(case.case_id)}/history"
    csv = html.A("CSV", href=f"{here}.csv", download="")
    json = html.A("JSON", href=f"{here}.json", download="")
    words = weave(_("Download every change: {csv} or {json}"), csv=csv, json=json)
    return html.P(words, className="numbers")


def _ways_on(city: Jurisdiction, view: CaseView, now: int) -> list[Any]:
    """Other cases, another report, and sharing this one."""
    return [
        *near_cases(_("Cases like this nearby"), view.alike, city, now),
        *near_cases(_("Other cases nearby"), view.others, city, now),
        report_another(city, view.case),
        *share_ways(view.case, view.site_url),
    ]


def _known_on(moment: int, city: Jurisdiction) -> str:
    """The query that asks for the day of a past moment (epoch s)."""
    return f"?as_of={formats.iso_day(moment, city.zone)}"


def _head(case: CaseDetail, status: str, number: str, query: str = "") -> list[Any]:
    back = html.A(_("← All cases"), href=f"/cases{query}")
    mark = [status_mark(case.status), html.Span(number, className="case-number")]
    lead = mark_city_words(status, case.queue or "", case.department or "")
    return [
        html.Nav(back, className="back", **aria_label(_("Back"))),
        html.H1(case_heading(case)),
        html.P(mark, className="case-head"),
        html.P(lead, className="lead"),
    ]


def _hidden_line(case: CaseDetail) -> html.P | None:
    """What we took out before publishing."""
    if not case.hidden:
        return None
    return html.P(
        [
            icon("hidden"),
            formats.describe_hidden(case.hidden),
            " ",
            _("We do this before anything is published."),
        ],
        className="quiet",
    )


def _relatives(relatives: LinkedCases | None) -> list[Any]:
    """Other reports of the same problem, as the city links them."""
    if relatives is None or relatives.is_empty:
        return []
    parts: list[Any] = []
    if parent := relatives.parent:
        sentence = _("The city counts this report with another: {case}.")
        parts.append(html.P(weave(sentence, case=case_link(parent))))
    if relatives.repeats:
        parts += _repeats(relatives)
    return [html.Section(parts, className="notice", **aria_label(_("Reports of the same problem")))]


def _repeats(relatives: LinkedCases) -> list[Any]:
    sentence = ngettext(
        "The city counts {n} more report with this one.",
        "The city counts {n} more reports with this one.",
        relatives.repeat_cases,
    )
    links = [
        html.Li(html.A(case.case_id, href=case_address(case.case_id))) for case in relatives.repeats
    ]
    return [html.P(sentence), html.Ul(links, className="tags")]


def _texts(case: CaseDetail) -> list[Any]:
    """What the resident wrote and what the city wrote, in their own words."""
    parts: list[Any] = []
    if case.note:
        parts += _quote(_("What was reported"), case.note)
    if case.closure_reason:
        parts += _quote(_("What the city wrote"), case.closure_reason)
    if case.has_photo and not case.photos:
        sentence = _("The city holds a photo of this.")
        parts.append(html.P([icon("photo"), sentence], className="quiet"))
    return parts


def _quote(title: str, text: str) -> list[Any]:
    return [html.H2(title), html.Blockquote(html.P(city_text(text)))]


def unknown_case_page(typed: str, meant: tuple[CaseCard, ...] = ()) -> Page:
    """There is no such case; a private one is answered the same.

    `meant` are public cases that the number may stand for.
    """
    return Page(
        title=_("No such case") + " · Citizens Connect",
        description=_("No public case has this number."),
        body=[
            html.H1(_("We have no such case")),
            html.P(_("We have no public case “{number}”.", number=typed[:60]), className="lead"),
            *suggestions([case_link(case) for case in meant]),
            _explain_unknown(),
            search_form(typed[:60]),
            html.P(html.A(_("See the newest cases"), href="/", className="button")),
        ],
        status=404,
    )


def _explain_unknown() -> html.Div:
    check = _(
        "Check the number: spaces, dashes and capital letters do not matter, but each digit does."
    )
    private = _("Private reports open only by their own link.")
    return notice(check, private)
