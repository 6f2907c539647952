"""A report's private page, for the resident who has its link; and the page after sending it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from dash import html

from layouts.report.forecast import describe_forecast
from layouts.report.form import Problem, data_attribute, field_attributes, field_problem
from layouts.report.photo import ACCEPTED, ShownPhoto, camera_box, photo_list
from layouts.report.photo import FIELD as PHOTO
from layouts.shared import formats
from layouts.shared.city_words import city_text, mark_city_words, quote_city
from layouts.shared.components import case_address, notice, status_mark, time_tag
from layouts.shared.document import Page
from layouts.shared.fields import form_field, hidden_box, input_box
from layouts.shared.language import _, keep_language, ngettext, weave
from layouts.shared.photos import caption_work, work_figure
from layouts.shared.prerender import aria_label, tag
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tracking_number import format_tracking_number

if TYPE_CHECKING:
    from portal.domain.case import PublicNote
    from portal.domain.report import OwnReport
    from portal.queries.cases.forecast import Forecast

NOTE = "note"


@dataclass(frozen=True)
class OwnView:
    """What the resident's pages show.

    `own_address` and `public_address` are absolute; the second is empty if the public doesn't see
    the case. Without `can_write` no e-mails are sent now.
    """

    report: OwnReport
    number: str
    """The tracking number as it is shown, in groups."""
    own_address: str
    public_address: str
    photos: tuple[ShownPhoto, ...] = ()
    forecast: Forecast | None = None
    can_write: bool = True


def sent_page(city: Jurisdiction, view: OwnView, now: int) -> Page:
    """The number, large, and what happens next."""
    return Page(
        title=_("Sent: {number}", number=view.number) + f" · {city.name}",
        description=_("Your report to {city}.", city=city.name),
        has_form=True,
        body=html.Div(_sent_parts(city, view), className="report sent"),
    )


def _sent_parts(city: Jurisdiction, view: OwnView) -> list[Any]:
    number = html.Strong(view.number, className="sent-number")
    steps = [html.Li(step) for step in _next_steps(city, view)]
    return [
        html.H1(_("Thank you. Your report is in."), tabIndex="-1"),
        html.P([html.Span(_("Your number"), className="quiet"), number], className="sent-box"),
        html.H2(_("What happens next")),
        html.Ol(steps, className="sent-next"),
        *_forecast(view),
        html.H2(_("Keep this link")),
        *_private_link(view),
        _links(view),
    ]


def _private_link(view: OwnView) -> list[html.P]:
    secret = _(
        "It is yours alone: anyone who has it sees all of your report"
        " and can add to it or withdraw it."
    )
    shown = view.own_address.partition("://")[2]
    link = html.A(shown, href=view.own_address, className="permalink")
    return [html.P(secret), html.P(link)]


def _next_steps(city: Jurisdiction, view: OwnView) -> list[Any]:
    if view.report.sent_at:
        goes = _("The work-order system of {city} has it.", city=city.name)
    else:
        goes = _(
            "It is safe with us. We are sending it to the work-order system of {city}.",
            city=city.name,
        )
    seen = {
        "public": _("It is on the map and in the list within a minute."),
        "held": _("City staff will look at it before others see it."),
    }.get(view.report.visibility, _("Only you and the city will see it."))
    hears = view.report.has_contact and view.can_write
    told = [_("We write to you when it is closed.")] if hears else []
    return [goes, seen, _("What the city does about it appears on its page."), *told]


def _forecast(view: OwnView) -> list[Any]:
    said = describe_forecast(view.forecast)
    return [html.P(said, className="lead")] if said else []


def _links(view: OwnView) -> html.P:
    """The public page, sharing, printing, and another report from here."""
    look = "button button-quiet"
    here = _report_here(view.report)
    again = html.A(_("Report another problem here"), href=here, className=look)
    printing = html.Button(_("Print"), id="print", type="button", className=look, hidden=True)
    if not view.public_address:
        return html.P([printing, again], className="share-ways")
    page = case_address(view.report.case_id)
    public = html.A(_("See it as everybody does"), href=page, className="button")
    mail = html.A(_("Send by e-mail"), href=_mail_link(view), className=look)
    return html.P([public, printing, _share(view), mail, again], className="share-ways")


def _report_here(report: OwnReport) -> str:
    """The address of a new report at the same place."""
    if report.lat is None:
        return "/report"
    return "/report?" + urlencode({"lat": f"{report.lat:.5f}", "lon": f"{report.lon:.5f}"})


def _share(view: OwnView) -> Any:
    """The phone's own way of sharing the public page; a script shows it if the phone has one."""
    return html.Button(
        _("Share"),
        id="share",
        type="button",
        className="button button-quiet",
        hidden=True,
        **data_attribute("url", view.public_address),
        **data_attribute("title", view.report.service_name),
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
    title = formats.case_title(view.report.service_name, view.report.address)
    parts = [*_told(city, view, now, title), *_changes(city, view, problems, typed), _links(view)]
    shrinking = data_attribute("shrinking", _("Making the photo smaller …"))
    return Page(
        title=f"{title} · {view.number} · {city.name}",
        description=_("Your report to {city}.", city=city.name),
        has_report=True,
        has_form=True,
        body=html.Div(parts, className="report own", **shrinking),
    )


def _told(city: Jurisdiction, view: OwnView, now: int, title: str) -> list[Any]:
    """What was sent, and what became of it."""
    return [
        html.H1(mark_city_words(title, view.report.service_name), tabIndex="-1"),
        _status_head(view),
        html.P(_status_line(city, view, now), className="lead"),
        notice(_("Only people with this link can see this page.")),
        *_closing(city, view, now),
        *_work_photos(city, view, now, title),
        _repeated_case(view),
        *_city_notes(city, view, now),
        *_sent_texts(city, view, now),
        photo_list(view.photos),
    ]


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
    sent = _("The city’s work-order system has it.")
    if not report.sent_at:
        sent = _(
            "It is safe with us. The city’s work-order system does not have it yet; we keep trying."
        )
    seen = {
        "public": _("Everybody can see it."),
        "held": _("City staff look at it before others see it."),
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


def _repeated_case(view: OwnView) -> Any:
    """The case that the city counts it with, as on its public page."""
    number = view.report.repeated_case
    if number is None:
        return None
    link = html.A(format_tracking_number(number), href=case_address(number))
    return html.P(weave(_("The city counts this report with another: {case}."), case=link))


def _work_photos(city: Jurisdiction, view: OwnView, now: int, title: str) -> list[Any]:
    """The city's photos of its work, below what it says of it."""
    report = view.report
    if not report.work_photos:
        return []
    is_closed = report.status == "closed"
    figures = [
        work_figure(photo, f"{_own_path(view)}/photos/{photo.name}.webp", title, caption)
        for photo in report.work_photos
        for caption in [caption_work(photo, is_closed, city, now)]
    ]
    heading = [] if is_closed else [html.H2(ngettext("Photo", "Photos", len(figures)))]
    return [*heading, html.Div(figures, className="photos")]


def _city_notes(city: Jurisdiction, view: OwnView, now: int) -> list[Any]:
    """What the city wrote to the public on the way, newest first."""
    said = sorted(view.report.said_by_city, key=lambda note: -note.said_at)
    if not said:
        return []
    notes = [_city_note(note, city, now) for note in said]
    return [html.H2(_("What the city wrote")), *notes]


def _city_note(note: PublicNote, city: Jurisdiction, now: int) -> html.Div:
    at = note.said_at
    moment = time_tag(at, formats.day_and_time(at, city.zone, now), city.zone, now)
    return html.Div([*quote_city(note.kind, note.words), html.P(moment, className="quiet")])


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


def _own_path(view: OwnView) -> str:
    return "/" + view.own_address.partition("://")[2].partition("/")[2]


def _action_form(view: OwnView, what: str, parts: list[Any], name: str, **more: Any) -> html.Form:
    return html.Form(
        [hidden_box("do", what), *parts],
        action=keep_language(_own_path(view)),
        method="post",
        className="own-form",
        **aria_label(name),
        **more,
    )


def _note_form(view: OwnView, problems: tuple[Problem, ...], typed: str) -> html.Form:
    """Words for the city, and a photo, which everyone sees who sees the report."""
    parts = [_words_field(problems, typed), _photo_field(view, problems), _button(_("Add it"))]
    return _action_form(view, "note", parts, _("Add something"), encType="multipart/form-data")


def _words_field(problems: tuple[Problem, ...], typed: str) -> html.Div:
    box = {"name": NOTE, "id": NOTE, "rows": 3} | field_attributes(NOTE, problems)
    label = html.Label(_("For the city"), htmlFor=NOTE)
    return form_field(label, field_problem(problems, NOTE), tag("textarea", box, typed))


def _photo_field(view: OwnView, problems: tuple[Problem, ...]) -> html.Div:
    seen = _("People who see your report see it, too.")
    if view.report.visibility == "public":
        seen = _("Everybody sees it with your report.")
    hint = f"{_('One photo, up to 15 MB.')} {seen}"
    return form_field(
        html.Label(_("A photo"), htmlFor=PHOTO),
        html.P(hint, className="quiet", id=f"{PHOTO}-hint"),
        field_problem(problems, PHOTO),
        input_box("file", PHOTO, accept=ACCEPTED, **field_attributes(PHOTO, problems, hint=True)),
        camera_box(),
        html.P(role="status", className="report-photo-status"),
        also="report-file",
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
    said = _("We write to you when it is closed, or opened again. Your address is kept encrypted.")
    if not view.can_write:
        said = _(
            "We can’t send e-mails now, so look here for news. Your address is kept encrypted."
        )
    return _action_form(
        view,
        "stop letters",
        [html.P(said), _button(_("Stop the letters and forget my address"))],
        _("Stop the letters"),
    )


def _withdraw_form(view: OwnView) -> html.Form:
    said = html.P(_("We tell the city that you no longer need it. This cannot be undone."))
    sure = html.Label(
        [
            tag("input", {"type": "checkbox", "name": "sure", "value": "yes", "required": True}),
            html.Span(_("Yes, take it back")),
        ],
        className="report-type",
    )
    words = _("Take the report back")
    return _action_form(view, "withdraw", [said, sure, _button(words)], words)


def _button(word: str) -> html.P:
    return html.P(html.Button(word, type="submit", className="button button-quiet"))
