"""The frame of the staff's pages, their forms, and the sign-in page."""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.report.form import Problem, Problems, field_attributes, field_problem
from layouts.shared.city_words import mark_city_words
from layouts.shared.document import Page
from layouts.shared.fields import form_field, hidden_box, input_box
from layouts.shared.language import _, keep_language
from layouts.shared.prerender import aria_label, tag
from portal.domain.jurisdiction import Jurisdiction

REASON = "reason"
NUMBER = "number"


def sign_in_page(
    city: Jurisdiction, name: str = "", problem: str = "", own_accounts: str = ""
) -> Page:
    """The form with name, password and the authenticator's code.

    `own_accounts` is the address of the city's own sign-in, "" if there is none.
    """
    lead = html.P(_("For the staff of {city}.", city=city.name), className="lead")
    parts = [lead, _own_accounts(own_accounts), _sign_in_form(name, problem)]
    return staff_page(_("Sign in"), city, parts, status=403 if problem else 200)


def _sign_in_form(name: str, problem: str) -> html.Form:
    word = _("Sign in")
    problems = (Problem("name", problem),) if problem else ()
    button = html.P(html.Button(word, type="submit", className="button"))
    return html.Form(
        [field_problem(problems, "name"), *_sign_in_fields(name, problems), button],
        action=keep_language("/staff/sign-in"),
        method="post",
        className="own-form",
        **aria_label(word),
    )


def _sign_in_fields(name: str, problems: Problems) -> list[html.Div]:
    is_name: Any = {"value": name or None, "autocomplete": "username", "required": True}
    is_password: Any = {"autocomplete": "current-password", "required": True}
    is_code: Any = {"autocomplete": "one-time-code", "required": True}
    return [
        field(_("Name"), "name", problems, **is_name),
        field(_("Password"), "password", type="password", **is_password),
        field(_("Code that your authenticator shows"), "code", **is_code),
    ]


def signed_in_page(city: Jurisdiction) -> Page:
    """Shown for a moment to staff who come back from the city's own sign-in."""
    return staff_page(
        _("You are signed in"),
        city,
        [html.P(html.A(_("Go on"), href="/staff", className="button"))],
    )


def _own_accounts(address: str) -> html.P | None:
    if not address:
        return None
    link = html.A(_("Sign in with the city’s own account"), href=address, className="button")
    return html.P(link)


def staff_page(
    title: str, city: Jurisdiction, parts: list[Any], who: str = "", status: int = 200, of: str = ""
) -> Page:
    """A page for staff. `who` is signed in; `of` is a part of the title in the city's words."""
    heading = html.H1(mark_city_words(title, of), tabIndex="-1")
    body = [_navigation(who) if who else None, heading, *parts]
    return Page(
        title=f"{title} · {city.name}",
        description=_("For the staff of {city}.", city=city.name),
        body=html.Div(body, className="report staff"),
        status=status,
        has_staff=bool(who),
        has_form=True,
    )


def number_form(typed: str = "") -> html.Form:
    """One box for a case number, public or not."""
    label = _("Case number")
    box = {"type": "search", "name": NUMBER, "id": NUMBER, "value": typed or None, "maxlength": 120}
    return html.Form(
        [
            html.Label(label, htmlFor=NUMBER, className="for-screen-readers"),
            tag("input", box | {"placeholder": label, "required": True}),
            html.Button(_("Open case"), type="submit", className="button button-quiet"),
        ],
        action="/staff/find",
        method="get",
        role="search",
        className="search-form",
        **aria_label(label),
    )


def field(words: str, name: str, problems: Problems = (), **attributes: Any) -> html.Div:
    """A label and its input box."""
    shared = {"type": "text", "name": name, "id": name, **field_attributes(name, problems)}
    return form_field(html.Label(words, htmlFor=name), tag("input", shared | attributes))


def act_form(
    path: str, what: str, word: str, parts: list[Any], number: str, **values: str
) -> html.Form:
    """A form that does one thing and asks why.

    `what` and `values` are sent with it, `word` is on its button. `number` makes the ids of its
    fields unique on the page.
    """
    hidden = [hidden_box(name, value) for name, value in {"do": what, **values}.items()]
    button = html.P(html.Button(word, type="submit", className="button button-quiet"))
    return html.Form(
        [*hidden, *parts, _reason_field(f"{REASON}-{number}"), button],
        action=keep_language(path),
        method="post",
        className="own-form staff-act",
    )


def _reason_field(name: str) -> html.Div:
    box = input_box("text", REASON, id=name, required=True, maxlength=1_000)
    return form_field(html.Label(_("Why"), htmlFor=name), box)


def _navigation(who: str) -> html.Div:
    links = [
        html.A(_("Reports to look at"), href="/staff"),
        html.A(_("On its way to the city"), href="/staff/outbox"),
        html.A(_("What was done"), href="/staff/audit"),
    ]
    out = html.Form(
        html.Button(_("Sign out"), type="submit", className="quiet-button"),
        action=keep_language("/staff/sign-out"),
        method="post",
        className="staff-out",
    )
    return html.Div(
        [html.Nav(links, **aria_label(_("Staff"))), html.Span(who, className="quiet"), out],
        className="staff-ways",
    )
