"""What the problem is: types to report, what to do instead of reporting, and similar cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dash import html

from layouts.report.draft import MAX_LINE, Draft
from layouts.report.form import Problem, Screen, data_attribute, field_problem, submit_button
from layouts.shared import formats
from layouts.shared.city_words import city_lang_attribute, city_text
from layouts.shared.components import case_address, case_heading, notice, status_mark, time_tag
from layouts.shared.fields import form_field, input_box
from layouts.shared.language import _, ngettext, pick_translation
from layouts.shared.photos import card_photo
from layouts.shared.prerender import tag
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.domain.report import ReportableService
    from portal.queries.cases.nearby import NearbyCase

FIELD = "service"
SEEN_AT_ONCE = 8
"""Types that a phone shows without folding their groups."""


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
    parts = [
        _search(draft),
        html.P(role="status", className="report-count quiet"),
        field_problem(problems, FIELD),
        *_lists(draft, view),
    ]
    return Screen(
        step="what",
        question=_("What is it about?"),
        answer=html.Div(parts, className="report-answer", id=FIELD),
        go_on=_("Continue"),
        enter="next" if draft.service and not draft.words else "find",
    )


def _search(draft: Draft) -> html.Div:
    box = input_box(
        "search",
        "words",
        value=draft.words or None,
        maxlength=MAX_LINE,
        autocomplete="off",
        placeholder=_("Hole in the road, broken light …"),
    )
    find = html.Div([box, submit_button(_("Find"), "find")], className="report-find")
    return form_field(html.Label(_("In your own words"), htmlFor="words"), find)


def _lists(draft: Draft, view: TypeView) -> list[Any]:
    if view.fitting is not None:
        return _found(draft, view, view.fitting)
    likely = _group(_("Often reported here"), view.likely, draft) if view.likely else None
    heading = html.H2(_("All types") if likely is None else _("All other types"))
    others = [service for service in view.services if service not in view.likely]
    return [likely, html.Div([heading, *_all_types(draft, view, others)], className="report-all")]


def _all_types(draft: Draft, view: TypeView, others: list[ReportableService]) -> list[Any]:
    """Each group folded, the one with the chosen type open, or all of them if there are few types.

    A single group has no name.
    """
    grouped = _grouped(others)
    if len(grouped) == 1:
        return [_radios(others, draft)]
    chosen = next((service for service in view.services if service.code == draft.service), None)
    are_few = len(others) <= SEEN_AT_ONCE
    return [
        _folded(name, services, draft, are_few or chosen in services) for name, services in grouped
    ]


def _folded(
    name: str, services: list[ReportableService], draft: Draft, is_open: bool
) -> html.Details:
    parts = [html.Summary(city_text(name)), _radios(services, draft)]
    return html.Details(parts, open=is_open, className="report-group")


def _found(draft: Draft, view: TypeView, fitting: tuple[ReportableService, ...]) -> list[Any]:
    again = html.P(submit_button(_("Show all types"), "all"))
    by_others = None
    if view.reported:
        by_others = _group(_("Others reported it in such words"), view.reported, draft)
    if fitting:
        said = ngettext("{n} type fits these words.", "{n} types fit these words.", len(fitting))
        return [html.P(said, className="quiet"), _radios(fitting, draft), by_others, again]
    if by_others:
        return [by_others, again]
    none = _("No type fits these words. Try another word, or look through all of them.")
    return [notice(none), again]


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
    return html.Fieldset([html.Legend(name), _radios(services, draft)], className="report-likely")


def _radio(service: ReportableService, draft: Draft) -> html.Label:
    is_chosen = service.code == draft.service
    box = {"type": "radio", "name": FIELD, "value": service.code, "checked": is_chosen}
    said = [tag("span", city_lang_attribute(), service.name)]
    if service.description:
        said.append(tag("span", {"class": "quiet"} | city_lang_attribute(), service.description))
    words = (service.name, service.group or "", service.description or "", *service.keywords)
    return html.Label(
        [tag("input", box), html.Span(said)],
        className="report-type",
        **data_attribute("words", " ".join(words).casefold()),
    )


def _radios(services: Sequence[ReportableService], draft: Draft) -> html.Div:
    return html.Div([_radio(service, draft) for service in services], className="report-types")


def diversion_screen(service: ReportableService) -> Screen:
    """What to do instead of reporting it here."""
    question, kind = _("This goes another way"), "plain"
    if service.is_emergency:
        question, kind = _("Please do not report this here"), "warning"
    name = html.P(city_text(service.name), className="lead")
    instead = notice(pick_translation(service.diversion), kind=kind)
    return Screen(
        step="what",
        question=question,
        answer=html.Div([name, instead], className="report-answer report-diversion"),
        go_on=None,
        enter="again",
        back="again",
    )


def similar_screen(
    city: Jurisdiction, cases: tuple[NearbyCase, ...], now: int, can_follow: bool = False
) -> Screen:
    """Whether it is one of the open cases near the place. They open in a tab of their own."""
    said = html.P(_explain_similar(can_follow), className="quiet")
    items = [_similar(case, city, now, can_follow) for case in cases]
    answer = [said, html.Ul(items, className="report-similar")]
    return Screen(
        step="similar",
        question=_("Has it been reported already?"),
        answer=html.Div(answer, className="report-answer"),
        go_on=_("No, mine is another one"),
    )


def _explain_similar(can_follow: bool) -> str:
    said = _(
        "These are open near your place. If it is one of them, the city knows:"
        " open it to see where it stands."
    )
    follow = _("You can follow it instead of reporting it again.")
    return f"{said} {follow}" if can_follow else said


def _similar(case: NearbyCase, city: Jurisdiction, now: int, can_follow: bool) -> html.Li:
    said = html.Span(
        [html.Strong(case_heading(case)), _similar_note(case), _similar_facts(case, city, now)]
    )
    address, aside = case_address(case.case_id), {"target": "_blank", "rel": "noopener"}
    opened = tag("a", {"href": address, **aside}, [said, card_photo(case)])
    if not can_follow:
        return html.Li([opened])
    link = {"href": f"{address}/follow", "class": "report-instead", **aside}
    return html.Li([opened, tag("a", link, _("Follow this one instead"))])


def _similar_note(case: NearbyCase) -> Any:
    if not case.note:
        return None
    return tag("span", {"class": "report-similar-note"} | city_lang_attribute(), case.note)


def _similar_facts(case: NearbyCase, city: Jurisdiction, now: int) -> html.Span:
    age = time_tag(case.opened_at, formats.age(case.opened_at, now, city.zone), city.zone, now)
    followed = html.Span(formats.count_followers(case.followers)) if case.followers else None
    away = html.Span(formats.distance_away(case.metres))
    return html.Span([status_mark(case.status), away, age, followed], className="near-facts")
