"""The frame of the staff's pages, their forms, and the sign-in page."""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.report.form import Problem, field_attributes, field_problem
from layouts.shared.city_words import mark_city_words
from layouts.shared.document import Page
from layouts.shared.language import _, keep_language
from layouts.shared.prerender import aria_label, tag
from portal.domain.jurisdiction import Jurisdiction

REASON = "reason"


def sign_in_page(
    city: Jurisdiction, name: str = "", problem: str = "", own_accounts: str = ""
) -> Page:
    """The form with name, password and the authenticator's code.

    `own_accounts` is the address of the city's own sign-in, "" if there is none.
    """
    problems = (Problem("name", problem),) if problem else ()
    fields = [
        field(
            _("Name"), "name", problems, value=name or None, autocomplete="username", required=True
        ),
        field(
            _("Password"),
            "password",
            type="password",
            autocomplete="current-password",
            required=True,
        ),
        field(
            _("Code that your authenticator shows"),
            "code",
            autocomplete="one-time-code",
            required=True,
        ),
    ]
    form = html.Form(
        [
            field_problem(problems, "name"),
            *fields,
            html.P(html.Button(_("Sign in"), type="submit", className="button")),
        ],
        action=keep_language("/staff/sign-in"),
        method="post",
        className="own-form",
        **aria_label(_("Sign in")),
    )
    parts = [
        html.P(_("For the staff of {city}.", city=city.name), className="lead"),
        _own_accounts(own_accounts),
        form,
    ]
    return staff_page(_("Sign in"), city, parts, status=403 if problem else 200)


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
    return Page(
        title=f"{title} · {city.name}",
        description=_("For the staff of {city}.", city=city.name),
        body=html.Div(
            [
                _navigation(who) if who else None,
                html.H1(mark_city_words(title, of), tabIndex="-1"),
                *parts,
            ],
            className="report staff",
        ),
        status=status,
        has_staff=bool(who),
        has_form=True,
    )


def field(words: str, name: str, problems: tuple[Problem, ...] = (), **attributes: Any) -> html.Div:
    """A label and its input box."""
    box = {
        "type": "text",
        "name": name,
        "id": name,
        **field_attributes(name, problems),
        **attributes,
    }
    return html.Div([html.Label(words, htmlFor=name), tag("input", box)], className="report-field")


def act_form(
    path: str, what: str, word: str, parts: list[Any], number: str, **values: str
) -> html.Form:
    """A form that does one thing and asks why.

    `what` and `values` are sent with it, `word` is on its button. `number` makes the ids of its
    fields unique on the page.
    """
    hidden = [
        tag("input", {"type": "hidden", "name": name, "value": value})
        for name, value in {"do": what, **values}.items()
    ]
    why = f"{REASON}-{number}"
    reason = html.Div(
        [
            html.Label(_("Why"), htmlFor=why),
            tag(
                "input",
                {"type": "text", "name": REASON, "id": why, "required": True, "maxlength": 1_000},
            ),
        ],
        className="report-field",
    )
    button = html.P(html.Button(word, type="submit", className="button button-quiet"))
    return html.Form(
        [*hidden, *parts, reason, button],
        action=keep_language(path),
        method="post",
        className="own-form staff-act",
    )


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
