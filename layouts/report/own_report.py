"""A report's private page, for the resident who has its link; and the page after sending it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from dash import html

from layouts.report.form import Problem, data_attribute, field_attributes, field_problem
from layouts.report.photo import ACCEPTED, ShownPhoto, photo_list
from layouts.report.photo import FIELD as PHOTO
from layouts.shared import formats
from layouts.shared.city_words import city_text, mark_city_words
from layouts.shared.components import case_address, notice, status_mark, time_tag
from layouts.shared.document import Page
from layouts.shared.language import _, keep_language
from layouts.shared.prerender import aria_label, tag
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.domain.report import OwnReport
    from portal.queries.cases.forecast import Forecast

NOTE = "note"


@dataclass(frozen=True)
class OwnView:
    """What the resident's pages show.

    `own_address` and `public_address` are absolute; the second is empty if the public doesn't see
    the case.
    """

    report: OwnReport
    number: str
    """The tracking number as it is shown, in groups."""
    own_address: str
    public_address: str
    photos: tuple[ShownPhoto, ...] = ()
    forecast: Forecast | None = None


def sent_page(city: Jurisdiction, view: OwnView, now: int) -> Page:
    """The number, large, and what happens next."""
    return Page(
        title=_("Sent: {number}", number=view.number) + f" · {city.name}",
        description=_("Your report to {city}.", city=city.name),
        has_form=True,
        body=html.Div(
            [
                html.H1(_("Thank you. Your report is in."), tabIndex="-1"),
                html.P(
                    [
                        html.Span(_("Your number"), className="quiet"),
                        html.Strong(view.number, className="sent-number"),
                    ],
                    className="sent-box",
                ),
                html.H2(_("What happens next")),
                html.Ol([html.Li(step) for step in _next_steps(city, view)], className="sent-next"),
                *_forecast(view),
                html.H2(_("Keep this link")),
                html.P(
                    _(
                        "It is yours alone: whoever has it sees all of your report"
                        " and can add to it or take it back."
                    )
                ),
                html.P(
                    html.A(
                        view.own_address.partition("://")[2],
                        href=view.own_address,
                        className="permalink",
                    )
                ),
                _links(view),
            ],
            className="report sent",
        ),
    )


def _next_steps(city: Jurisdiction, view: OwnView) -> list[Any]:
    goes = (
        _("The work-order system of {city} has it.", city=city.name)
        if view.report.sent_at
        else _(
            "It is safe with us. We are sending it to the work-order system of {city}.",
            city=city.name,
        )
    )
    if view.report.visibility == "public":
        seen = _("It is on the map and in the list within a minute.")
    elif view.report.visibility == "held":
        seen = _("Before others see it, somebody of the city looks at it.")
    else:
        seen = _("Nobody but the city and you will see it.")
    told = [_("We write to you when it is closed.")] if view.report.has_contact else []
    return [goes, seen, _("What the city does about it appears on its page."), *told]


def _forecast(view: OwnView) -> list[Any]:
    """“Half of cases like this here are closed in 6 days.” Empty if too few are known."""
    forecast = view.forecast
    if forecast is None or forecast.closing.days_50 is None:
        return []
    half = formats.whole_days(forecast.closing.days_50)
    is_here = forecast.neighborhood is not None
    said = (
        _("Half of cases like this here are closed in {days}.", days=half)
        if is_here
        else _("Half of cases like this in the city are closed in {days}.", days=half)
    )
    if forecast.closing.days_90 is not None:
        said += " " + _(
            "Nine in ten are closed in {days}.", days=formats.whole_days(forecast.closing.days_90)
        )
    return [html.P(said, className="lead")]


def _links(view: OwnView) -> html.P:
    """The public page, sharing, printing, and another report from here."""
    again = (
        urlencode({"lat": f"{view.report.lat:.5f}", "lon": f"{view.report.lon:.5f}"})
        if view.report.lat is not None
        else ""
    )
    return html.P(
        [
            html.A(
                _("See it as everybody does"),
                href=case_address(view.report.case_id),
                className="button",
            )
            if view.public_address
            else None,
            html.Button(
                _("Print"), id="print", type="button", className="button button-quiet", hidden=True
            ),
            _share(view) if view.public_address else None,
            html.A(_("Send by e-mail"), href=_mail_link(view), className="button button-quiet")
            if view.public_address
            else None,
            html.A(
                _("Report another problem here"),
                href="/report" + (f"?{again}" if again else ""),
                className="button button-quiet",
            ),
        ],
        className="share-ways",
    )


def _share(view: OwnView) -> Any:
    """The phone's own way of sharing the public page; a script shows it if the phone has one."""
    shared = data_attribute("url", view.public_address) | data_attribute(
        "title", view.report.service_name
    )
    return html.Button(
        _("Share"),
        id="share",
        type="button",
        className="button button-quiet",
        hidden=True,
        **shared,
    )


def _mail_link(view: OwnView) -> str:
    return "mailto:?" + urlencode(
        {"subject": view.report.service_name, "body": view.public_address}, quote_via=quote
    )


def own_page(
    city: Jurisdiction, view: OwnView, now: int, problems: tuple[Problem, ...] = (), typed: str = ""
) -> Page:
    """The private view: all that was sent, its status, and what the resident can still do.

    `typed` is a note that could not be added.
    """
    report = view.report
    title = formats.case_title(report.service_name, report.address)
    return Page(
        title=f"{title} · {view.number} · {city.name}",
        description=_("Your report to {city}.", city=city.name),
        has_report=True,
        has_form=True,
        body=html.Div(
            [
                html.H1(mark_city_words(title, report.service_name), tabIndex="-1"),
                _status_head(view),
                html.P(_status_line(city, view, now), className="lead"),
                notice(_("Only whoever has this link sees this page.")),
                *_closing(city, view, now),
                *_sent_texts(city, view, now),
                photo_list(view.photos),
                *_changes(city, view, problems, typed),
                _links(view),
            ],
            className="report own",
            **data_attribute("shrinking", _("Making the photo smaller …")),
        ),
    )


def _status_head(view: OwnView) -> html.P:
    number = html.Span(_("Your number: {number}", number=view.number), className="case-number")
    return html.P([status_mark(view.report.status), number], className="case-head")


def _sent_texts(city: Jurisdiction, view: OwnView, now: int) -> list[Any]:
    """The resident's words, answers and later notes."""
    report = view.report
    note = html.P(_("No words."), className="quiet")
    if report.note:
        note = html.Blockquote(html.P(report.note))
    added = [
        html.Div(
            [html.P(note.text or _("A photo")), _added_at(note.at, city, now)],
            className="own-note",
        )
        for note in report.notes
    ]
    return [html.H2(_("What you wrote")), note, _answers(view), *added]


def _added_at(at: int, city: Jurisdiction, now: int) -> html.P:
    return html.P(
        [_("Added"), " ", time_tag(at, formats.day_and_time(at, city.zone, now), city.zone, now)],
        className="quiet",
    )


def _status_line(city: Jurisdiction, view: OwnView, now: int) -> str:
    report = view.report
    if report.is_withdrawn:
        return _("You have taken this report back.")
    day = formats.day(report.opened_at, city.zone, now)
    sent = (
        _("The city’s work-order system has it.")
        if report.sent_at
        else _(
            "It is safe with us. The city’s work-order system does not have it yet; we keep trying."
        )
    )
    seen = {
        "public": _("Everybody can see it."),
        "held": _("Somebody of the city looks at it before others see it."),
    }.get(report.visibility, _("Only the city and you can see it."))
    return " ".join((_("Sent on {day}.", day=day), sent, seen))


def _closing(city: Jurisdiction, view: OwnView, now: int) -> list[Any]:
    """What the city said when it closed the case."""
    report = view.report
    if report.closed_at is None or report.status != "closed":
        return []
    closed = html.P(_("Closed on {day}.", day=formats.day(report.closed_at, city.zone, now)))
    said = (
        [html.P(_("The city wrote:")), html.Blockquote(html.P(city_text(report.closure_reason)))]
        if report.closure_reason
        else []
    )
    return [html.H2(_("What the city did")), closed, *said]


def _answers(view: OwnView) -> html.Dl | None:
    lines = [
        html.Div([html.Dt(question), html.Dd(answer)]) for question, answer in view.report.answers
    ]
    return html.Dl(lines, className="own-answers") if lines else None


def _changes(
    city: Jurisdiction, view: OwnView, problems: tuple[Problem, ...], typed: str
) -> list[Any]:
    """What the resident can still do; nothing, once they retracted it."""
    report = view.report
    if report.is_withdrawn:
        return []
    parts: list[Any] = [html.H2(_("Add something")), _note_form(view, problems, typed)]
    if report.can_change_visibility:
        parts += [html.H2(_("Who may see it")), _visibility_form(view)]
    if report.has_contact:
        parts += [html.H2(_("Letters")), _emails_form(view)]
    return [*parts, html.H2(_("Take it back")), _withdraw_form(view)]


def _action_form(view: OwnView, what: str, parts: list[Any], name: str, **more: Any) -> html.Form:
    path = "/" + view.own_address.partition("://")[2].partition("/")[2]
    return html.Form(
        [tag("input", {"type": "hidden", "name": "do", "value": what}), *parts],
        action=keep_language(path),
        method="post",
        className="own-form",
        **aria_label(name),
        **more,
    )


def _note_form(view: OwnView, problems: tuple[Problem, ...], typed: str) -> html.Form:
    """Words for the city, and a photo, which everyone sees who sees the report."""
    field = tag(
        "textarea", {"name": NOTE, "id": NOTE, "rows": 3, **field_attributes(NOTE, problems)}, typed
    )
    said = html.Div(
        [html.Label(_("For the city"), htmlFor=NOTE), field_problem(problems, NOTE), field],
        className="report-field",
    )
    seen = (
        _("Everybody sees it with your report.")
        if view.report.visibility == "public"
        else _("Whoever sees your report sees it, too.")
    )
    chooser = tag(
        "input",
        {
            "type": "file",
            "name": PHOTO,
            "id": PHOTO,
            "accept": ACCEPTED,
            **field_attributes(PHOTO, problems, hint=True),
        },
    )
    hint = html.P([_("One photo, up to 15 MB."), " ", seen], className="quiet", id=f"{PHOTO}-hint")
    status = html.P(role="status", className="report-photo-status")
    photo = html.Div(
        [
            html.Label(_("A photo"), htmlFor=PHOTO),
            hint,
            field_problem(problems, PHOTO),
            chooser,
            status,
        ],
        className="report-field report-file",
    )
    return _action_form(
        view,
        "note",
        [said, photo, _button(_("Add it"))],
        _("Add something"),
        encType="multipart/form-data",
    )


def _visibility_form(view: OwnView) -> html.Form:
    if view.report.visibility == "public":
        return _action_form(
            view,
            "private",
            [html.P(_("Everybody can see it now.")), _button(_("Make it private"))],
            _("Make it private"),
        )
    return _action_form(
        view,
        "public",
        [html.P(_("Only the city and you can see it now.")), _button(_("Make it public"))],
        _("Make it public"),
    )


def _emails_form(view: OwnView) -> html.Form:
    said = html.P(
        _("We write to you when it is closed, or opened again. Your address is kept encrypted.")
    )
    return _action_form(
        view,
        "stop letters",
        [said, _button(_("Stop the letters and forget my address"))],
        _("Stop the letters"),
    )


def _withdraw_form(view: OwnView) -> html.Form:
    said = html.P(_("The city is told that you no longer ask for it. This cannot be undone."))
    sure = html.Label(
        [
            tag("input", {"type": "checkbox", "name": "sure", "value": "yes", "required": True}),
            html.Span(_("Yes, take it back")),
        ],
        className="report-type",
    )
    return _action_form(
        view,
        "withdraw",
        [said, sure, _button(_("Take the report back"))],
        _("Take the report back"),
    )


def _button(word: str) -> html.P:
    return html.P(html.Button(word, type="submit", className="button button-quiet"))
