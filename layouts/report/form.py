"""The frame of every screen of the report form.

The progress line, what is not right yet, the question, and the ways on and back: one form a screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html

from layouts.report.draft import LAST_NUMBER, NUMBERS, Draft
from layouts.shared.components import enter_button, notice
from layouts.shared.document import Page, TypedForm
from layouts.shared.fields import hidden_box, input_box
from layouts.shared.language import _, keep_language, weave
from layouts.shared.offline_reports import reports_on_phone
from layouts.shared.prerender import aria_label, tag
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report_rules import Elsewhere

FORM = "report-form"
TITLE = "question"
PROBLEMS = "problems"


@dataclass(frozen=True)
class Problem:
    """What keeps a report from going on: the id of a field, and what to do about it."""

    field: str
    sentence: str


Problems = tuple[Problem, ...]


@dataclass(frozen=True)
class Screen:
    """One question and the controls that answer it.

    `go_on` is the word on the button, None if no way leads on; `enter` is what the Enter key
    presses, `back` what the Back button does.
    """

    step: str
    question: str
    answer: Any
    go_on: str | None
    enter: str = "next"
    back: str = "back"
    action: str = "/report"


def report_page(
    city: Jurisdiction, screen: Screen, draft: Draft, problems: tuple[Problem, ...] = ()
) -> Page:
    """A screen of the form as a page. No search engine keeps it, and its address says nothing."""
    title = f"{screen.question} · {_('Report a problem')} · {city.name}"
    head = [_progress(screen.step), reports_on_phone(), _after_keeping(), _summary(problems)]
    body = html.Div([*head, _form(screen, draft)], className="report", **_words_of_scripts())
    return Page(
        title=_("Not right yet: {title}", title=title) if problems else title,
        description=_("Report a problem to {city}.", city=city.name),
        body=[body],
        has_report=True,
        has_form=True,
        typed_form=None if screen.step == "offline" else TypedForm(FORM, screen.step, screen.enter),
    )


def _after_keeping() -> html.P:
    """Where to go while a report waits for a signal; a script shows it."""
    ways = [
        html.A(_("Report another problem"), href="/report", className="button"),
        html.A(_("First page"), href="/", className="button button-quiet"),
    ]
    return html.P(ways, className="report-after share-ways", hidden=True)


def _progress(step: str) -> html.P | None:
    if step not in NUMBERS:
        return None
    said = _("{n} of {last}", n=NUMBERS[step], last=LAST_NUMBER)
    bar = tag("progress", {"max": LAST_NUMBER, "value": NUMBERS[step], "aria-hidden": "true"})
    return html.P(
        [html.Span(_("Report a problem")), " ", html.Span(said, className="report-step"), bar],
        className="report-progress",
    )


def _summary(problems: tuple[Problem, ...]) -> Any:
    """What is not right, each a link to its field; it has the focus, with scripts and without."""
    if not problems:
        return None
    links = [html.Li(html.A(problem.sentence, href=f"#{problem.field}")) for problem in problems]
    attributes = {
        "id": PROBLEMS,
        "class": "report-problems",
        "role": "alert",
        "tabindex": "-1",
        "autofocus": True,
        "aria-labelledby": f"{PROBLEMS}-title",
    }
    title = html.H2(_("Something is not right yet"), id=f"{PROBLEMS}-title")
    return tag("div", attributes, [title, html.Ul(links)])


def _form(screen: Screen, draft: Draft) -> html.Form:
    return html.Form(
        _parts_of_form(screen, draft),
        id=FORM,
        action=keep_language(screen.action),
        method="post",
        encType="multipart/form-data",
        className="report-form",
        **aria_label(_("Report a problem")),
        **data_attribute("step", screen.step),
    )


def _parts_of_form(screen: Screen, draft: Draft) -> list[Any]:
    unseen = [("step", screen.step), *draft.hidden_fields(screen.step)]
    return [
        enter_button(screen.enter),
        *[hidden_box(name, value) for name, value in unseen],
        trap_field(draft.website),
        html.H1(screen.question, id=TITLE, tabIndex="-1"),
        screen.answer,
        _ways(screen),
    ]


def trap_field(filled: str = "") -> html.Div:
    """A field that no person sees. A program that fills in everything fills it in, too."""
    hint: Any = {"aria-hidden": "true"}
    unused = {"value": filled or None, "tabindex": -1, "autocomplete": "off"}
    return html.Div(
        [
            html.Label(_("Leave this empty"), htmlFor="website"),
            input_box("text", "website", **unused),
        ],
        className="report-trap",
        **hint,
    )


def _ways(screen: Screen) -> html.Div:
    """The buttons on and back; on the first screen, back leads out of the form."""
    on = submit_button(screen.go_on, "next", "button report-on") if screen.go_on else None
    back = (
        html.A(_("Back"), href="/", className="button button-quiet")
        if screen.step in ("photo", "offline")
        else submit_button(_("Back"), screen.back)
    )
    return html.Div([on, back], className="report-ways")


def submit_button(word: Any, go: str, look: str = "button button-quiet", **attributes: Any) -> Any:
    """A button that sends the form; `go` says what it wants."""
    return tag(
        "button", {"type": "submit", "name": "go", "value": go, "class": look, **attributes}, word
    )


def data_attribute(name: str, value: str) -> dict[str, Any]:
    """A data- attribute, by which a script knows something about an element."""
    return {f"data-{name}": value}


def field_problem(problems: tuple[Problem, ...], field: str) -> html.P | None:
    """What is not right with a field, to show beside it."""
    sentence = next((problem.sentence for problem in problems if problem.field == field), None)
    return html.P(sentence, id=f"{field}-problem", className="report-wrong") if sentence else None


def field_attributes(
    field: str, problems: tuple[Problem, ...], hint: bool = False
) -> dict[str, str]:
    """The attributes that tie a field to its hint and to what is not right with it."""
    is_wrong = any(problem.field == field for problem in problems)
    ids = " ".join(([f"{field}-hint"] if hint else []) + ([f"{field}-problem"] if is_wrong else []))
    return ({"aria-describedby": ids} if ids else {}) | (
        {"aria-invalid": "true"} if is_wrong else {}
    )


def contact_links(elsewhere: Elsewhere) -> html.Span:
    """A telephone number and a web address, as links."""
    digits = "".join(sign for sign in elsewhere.phone if sign.isdecimal() or sign == "+")
    phone = html.A(elsewhere.phone, href=f"tel:{digits}") if elsewhere.phone else None
    shown = elsewhere.url.partition("://")[2].rstrip("/")
    web = html.A(shown, href=elsewhere.url, rel="noopener") if elsewhere.url else None
    return html.Span([phone, " · " if phone and web else None, web])


def closed_page(city: Jurisdiction) -> Page:
    """A page that says this city takes no reports here, and how to report it to the city itself."""
    title = _("Report a problem")
    elsewhere = city.report_elsewhere
    refusal = _("{city} does not take reports on this page.", city=city.name)
    others = _("What others have reported, and what became of it, stands under Cases.")
    return Page(
        title=f"{title} · {city.name}",
        description=_("Report a problem to {city}.", city=city.name),
        body=[
            html.H1(title),
            html.P(refusal, className=None if elsewhere else "lead"),
            _own_ways(elsewhere) if elsewhere else None,
            notice(others),
            html.P(html.A(_("See all cases"), href="/cases", className="button")),
        ],
    )


def _own_ways(elsewhere: Elsewhere) -> html.P:
    ways = weave(_("Report it to the city itself: {ways}"), ways=contact_links(elsewhere))
    return html.P(ways, className="lead")


def _words_of_scripts() -> dict[str, Any]:
    """Every word that assets/report.js shows."""
    return {
        **_words_of_drafts(),
        **_words_of_types(),
        "data-sending": _("One moment …"),
        "data-failed": _(
            "We could not reach the portal. What you wrote is still here; try again in a moment."
        ),
        "data-locating": _("Looking for your place …"),
        "data-rough": _("We know only roughly where you are; type an address."),
        "data-refused": _("Your place is not known; type an address instead"),
        "data-shrinking": _("Making the photo smaller …"),
        "data-left": _("{n} letters left"),
        "data-over": _("{n} letters too many"),
        "data-pin": _("Map. Arrow keys move the pin, plus and minus zoom."),
    }


def _words_of_types() -> dict[str, Any]:
    """Those about the types that fit what was typed."""
    none = _("No type has these words in its name. Press Find to look in what others have written.")
    return {
        "data-found": _("{n} types fit"),
        "data-found-one": _("1 type fits"),
        "data-found-none": none,
    }


def _words_of_drafts() -> dict[str, Any]:
    """Those about a report that the phone keeps."""
    return {
        "data-here": _("Your report on this phone"),
        "data-finish": _("Finish without signal"),
        "data-photo-one": _("1 photo is kept with it."),
        "data-photos": _("{n} photos are kept with it."),
        "data-place-known": _("Your place is known."),
        "data-place-missing": _("Say where it is: an address, or your own place."),
    }
