"""What the problem is: types to report, what to do instead of reporting, and similar cases."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.report.draft import MAX_LINE, Draft
from layouts.report.form import Problem, Screen, data_attribute, field_problem, submit_button
from layouts.shared import formats
from layouts.shared.city_words import city_lang_attribute, city_text
from layouts.shared.components import case_address, case_heading, notice, status_mark, time_tag
from layouts.shared.language import _, ngettext, pick_translation
from layouts.shared.photos import card_photo
from layouts.shared.prerender import tag
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.domain.report import ReportableService
    from portal.queries.cases.nearby import NearbyCase

FIELD = "service"


@dataclass(frozen=True)
class TypeView:
    """The types at the place.

    `likely` are a few of them, likeliest first; `fitting` those that fit the resident's words,
    None without words; `reported` others, that residents reported in such words.
    """

    services: tuple[ReportableService, ...]
    likely: tuple[ReportableService, ...] = ()
    fitting: tuple[ReportableService, ...] | None = None
    reported: tuple[ReportableService, ...] = ()


def type_screen(draft: Draft, view: TypeView, problems: tuple[Problem, ...] = ()) -> Screen:
    """The question what it is: the likely types, then all by group, or those found by words."""
    return Screen(
        step="what",
        question=_("What is it about?"),
        answer=html.Div(
            [
                _search(draft),
                html.P(role="status", className="report-count quiet"),
                field_problem(problems, FIELD),
                *_lists(draft, view),
            ],
            className="report-answer",
            id=FIELD,
        ),
        go_on=_("Continue"),
        enter="next" if draft.service and not draft.words else "find",
    )


def _search(draft: Draft) -> html.Div:
    box = {
        "type": "search",
        "name": "words",
        "id": "words",
        "value": draft.words or None,
        "maxlength": MAX_LINE,
        "autocomplete": "off",
    }
    return html.Div(
        [
            html.Label(_("In your own words"), htmlFor="words"),
            html.Div(
                [
                    tag("input", box | {"placeholder": _("Hole in the road, broken light …")}),
                    submit_button(_("Find"), "find"),
                ],
                className="report-find",
            ),
        ],
        className="report-field",
    )


def _lists(draft: Draft, view: TypeView) -> list[Any]:
    if view.fitting is not None:
        return _found(draft, view, view.fitting)
    likely = _group(_("Often reported here"), view.likely, draft) if view.likely else None
    chosen = next((service for service in view.services if service.code == draft.service), None)
    others = [service for service in view.services if service not in view.likely]
    grouped = _grouped(others)
    groups = [_folded(name, services, draft, chosen in services) for name, services in grouped]
    if len(grouped) == 1:
        groups = [
            html.Div([_radio(service, draft) for service in others], className="report-types")
        ]
    return [
        likely,
        html.Div(
            [html.H2(_("All types") if likely is None else _("All other types")), *groups],
            className="report-all",
        ),
    ]


def _folded(
    name: str, services: list[ReportableService], draft: Draft, is_open: bool
) -> html.Details:
    types = html.Div([_radio(service, draft) for service in services], className="report-types")
    return html.Details(
        [html.Summary(city_text(name)), types], open=is_open, className="report-group"
    )


def _found(draft: Draft, view: TypeView, fitting: tuple[ReportableService, ...]) -> list[Any]:
    said = ngettext("{n} type fits these words.", "{n} types fit these words.", len(fitting))
    again = html.P(submit_button(_("Show all types"), "all"))
    by_others = (
        _group(_("Others reported it in such words"), view.reported, draft)
        if view.reported
        else None
    )
    if not fitting:
        none = (
            None
            if by_others
            else notice(
                _("No type fits these words. Try another word, or look through all of them.")
            )
        )
        return [none, by_others, again]
    types = html.Div([_radio(service, draft) for service in fitting], className="report-types")
    return [html.P(said, className="quiet"), types, by_others, again]


def _grouped(services: list[ReportableService]) -> list[tuple[str, list[ReportableService]]]:
    other = _("Other")
    ordered = sorted(
        services, key=lambda service: (not service.group, service.group or "", service.name)
    )
    return [
        (name, list(members))
        for name, members in groupby(ordered, key=lambda service: service.group or other)
    ]


def _group(name: str, services: tuple[ReportableService, ...], draft: Draft) -> html.Fieldset:
    return html.Fieldset(
        [
            html.Legend(name),
            html.Div([_radio(service, draft) for service in services], className="report-types"),
        ],
        className="report-likely",
    )


def _radio(service: ReportableService, draft: Draft) -> html.Label:
    box = {
        "type": "radio",
        "name": FIELD,
        "value": service.code,
        "checked": service.code == draft.service,
    }
    words_of = " ".join(
        (service.name, service.group or "", service.description or "", *service.keywords)
    ).casefold()
    about = (
        tag("span", {"class": "quiet"} | city_lang_attribute(), service.description)
        if service.description
        else None
    )
    return html.Label(
        [tag("input", box), html.Span([tag("span", city_lang_attribute(), service.name), about])],
        className="report-type",
        **data_attribute("words", words_of),
    )


def diversion_screen(service: ReportableService) -> Screen:
    """What to do instead of reporting it here."""
    said = notice(
        pick_translation(service.diversion), kind="warning" if service.is_emergency else "plain"
    )
    return Screen(
        step="what",
        question=_("Please do not report this here")
        if service.is_emergency
        else _("This goes another way"),
        answer=html.Div(
            [html.P(city_text(service.name), className="lead"), said],
            className="report-answer report-diversion",
        ),
        go_on=None,
        enter="again",
        back="again",
    )


def similar_screen(
    city: Jurisdiction, cases: tuple[NearbyCase, ...], now: int, can_follow: bool = False
) -> Screen:
    """Whether it is one of the open cases near the place. They open in a tab of their own."""
    return Screen(
        step="similar",
        question=_("Has it been reported already?"),
        answer=html.Div(
            [
                html.P(
                    _(
                        "These are open near your place. If it is one of them, the city knows:"
                        " open it to see where it stands."
                    )
                    + (
                        " " + _("You can follow it instead of reporting it again.")
                        if can_follow
                        else ""
                    ),
                    className="quiet",
                ),
                html.Ul(
                    [_similar(case, city, now, can_follow) for case in cases],
                    className="report-similar",
                ),
            ],
            className="report-answer",
        ),
        go_on=_("No, mine is another one"),
    )


def _similar(case: NearbyCase, city: Jurisdiction, now: int, can_follow: bool) -> html.Li:
    age = time_tag(case.opened_at, formats.age(case.opened_at, now, city.zone), city.zone, now)
    said = (
        tag("span", {"class": "report-similar-note"} | city_lang_attribute(), case.note)
        if case.note
        else None
    )
    followed = html.Span(formats.count_followers(case.followers)) if case.followers else None
    facts = html.Span(
        [status_mark(case.status), html.Span(formats.distance_away(case.metres)), age, followed],
        className="near-facts",
    )
    told_of_it = html.Span([html.Strong(case_heading(case)), said, facts])
    address, aside = case_address(case.case_id), {"target": "_blank", "rel": "noopener"}
    opened = tag("a", {"href": address, **aside}, [told_of_it, card_photo(case)])
    instead = tag(
        "a",
        {"href": f"{address}/follow", "class": "report-instead", **aside},
        _("Follow this one instead"),
    )
    return html.Li([opened, instead if can_follow else None])
