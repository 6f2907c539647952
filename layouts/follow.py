"""Following a case by e-mail: the form, what happens next, and the page of an e-mail's link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from layouts.report.form import Problems, field_attributes, field_problem, submit_button, trap_field
from layouts.shared import formats
from layouts.shared.city_words import mark_city_words
from layouts.shared.components import case_address, case_card, notice
from layouts.shared.document import Page
from layouts.shared.fields import email_box, form_field, hidden_box
from layouts.shared.language import _, keep_language
from layouts.shared.prerender import aria_label
from portal.domain.following import Following
from portal.domain.jurisdiction import Jurisdiction

if TYPE_CHECKING:
    from portal.queries.cases.case_cards import CaseCard

FIELD = "email"


def follow_page(
    city: Jurisdiction, case: CaseCard, now: int, typed: str = "", problems: Problems = ()
) -> Page:
    """The case, and the one question: where to write to. `now` is in epoch seconds."""
    if case.status == "closed":
        closed = notice(_("There is nothing more to be told of it."))
        return _page(city, _("This case is closed"), [_card(city, case, now), closed])
    sentence = _(
        "The city knows of this problem. If you were about to report it, following it is enough."
    )
    parts = [_card(city, case, now), notice(sentence), _form(city, case, typed, problems)]
    heading = _("Be told when this is closed")
    title = _("Not right yet: {title}", title=heading) if problems else heading
    return _page(city, title, parts, heading)


def _form(city: Jurisdiction, case: CaseCard, typed: str, problems: Problems) -> html.Form:
    word = _("Follow this case")
    button = html.P(submit_button(word, "follow", "button"))
    return html.Form(
        [_address_field(city, typed, problems), trap_field(), button],
        action=keep_language(f"{case_address(case.case_id)}/follow"),
        method="post",
        className="report-form",
        **aria_label(word),
    )


def _address_field(city: Jurisdiction, typed: str, problems: Problems) -> html.Div:
    explained = field_attributes(FIELD, problems, hint=True)
    return form_field(
        html.Label(_("Your e-mail address"), htmlFor=FIELD),
        html.P(_hint(city), className="quiet", id=f"{FIELD}-hint"),
        field_problem(problems, FIELD),
        email_box(FIELD, typed, required=True, **explained),
    )


def _hint(city: Jurisdiction) -> str:
    sentence = _(
        "We write when the city closes it or opens it again, and for nothing else. It is kept"
        " encrypted and shown to nobody."
    )
    if not city.is_demonstration:
        return sentence
    in_folder = _("In this demonstration the letters are kept in a folder and not sent.")
    return f"{sentence} {in_folder}"


def confirm_sent_page(city: Jurisdiction, case: CaseCard, now: int) -> Page:
    """The same for every address, whether it follows the case already or not."""
    written = _(
        "We have written to you. Open the link in the letter and say yes; from then on you follow"
        " this case."
    )
    missing = _(
        "If no letter comes within some minutes, look among the unwanted ones. At most five go to"
        " one address in a day."
    )
    said = [html.P(written, className="lead"), html.P(missing)]
    parts = [*said, _card(city, case, now), _case_button(case.case_id)]
    return _page(city, _("One more step"), parts)


def too_many_page(city: Jurisdiction, case: CaseCard, now: int) -> Page:
    """Too many people ask at the moment."""
    sentence = _("Many people are asking right now. Please try again in an hour.")
    parts = [notice(sentence, kind="warning"), _card(city, case, now)]
    return _page(city, _("Not just now"), parts, status=429)


def following_page(city: Jurisdiction, mine: Following, token: str, can_write: bool = True) -> Page:
    """What an e-mail's link opens. Without `can_write` no e-mails are sent now.

    Nothing happens until a button is pressed, so that no mail scanner answers for its owner.
    """
    address = mine.address if mine.is_public else None
    heading = formats.case_title(mine.service_name, address)
    title, lead, buttons = _confirmed(token) if mine.is_confirmed else _unconfirmed(token)
    if not can_write:
        lead = _("We can’t send e-mails now, so look at the case’s page for news.")
    hidden = _("This case is not public now; while it is not, we write nothing.")
    parts: list[Any] = [
        html.P(html.Strong(mark_city_words(heading, mine.service_name))),
        html.P(lead, className="lead"),
        html.Div(buttons, className="share-ways"),
        _case_button(mine.case_id) if mine.is_public else notice(hidden),
    ]
    return _page(city, title, parts)


def _confirmed(token: str) -> tuple[str, str, list[html.Form]]:
    """Title, lead and buttons for those who follow already."""
    lead = _("We write to you when the city closes it or opens it again.")
    stop = _button(token, "stop", _("Stop following"), "button button-quiet")
    return _("You follow this case"), lead, [stop]


def _unconfirmed(token: str) -> tuple[str, str, list[html.Form]]:
    """Title, lead and buttons for those who have yet to say yes."""
    lead = _("Then we write to you when the city closes it or opens it again.")
    yes = _button(token, "confirm", _("Yes, write to me"), "button")
    no = _button(token, "stop", _("No, forget my address"), "button button-quiet")
    return _("Do you want to follow this case?"), lead, [yes, no]


def stopped_page(city: Jurisdiction) -> Page:
    """It is over."""
    sentence = _("We have deleted your address and write no more letters of this case.")
    first_page = html.A(_("First page"), href="/", className="button")
    parts = [html.P(sentence, className="lead"), html.P(first_page)]
    return _page(city, _("You follow this case no more"), parts)


def _button(token: str, do: str, word: str, look: str) -> html.Form:
    return html.Form(
        [hidden_box("do", do), html.Button(word, type="submit", className=look)],
        action=keep_language(f"/following/{token}"),
        method="post",
    )


def _card(city: Jurisdiction, case: CaseCard, now: int) -> html.Ol:
    return html.Ol([case_card(case, city.zone, now)], className="case-list")


def _case_button(case_id: str) -> html.P:
    return html.P(
        html.A(_("See the case"), href=case_address(case_id), className="button button-quiet")
    )


def _page(
    city: Jurisdiction, title: str, parts: list[Any], heading: str = "", status: int = 200
) -> Page:
    return Page(
        title=f"{title} · {city.name}",
        description=_("Follow a case in {city}.", city=city.name),
        body=html.Div(
            [html.H1(heading or title, tabIndex="-1"), *parts], className="report following"
        ),
        status=status,
        has_form=True,
    )
