"""API keys by e-mail: the form, what happens next, and the page of the link in the e-mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash import html

from layouts.data.webhooks import Hooks, OfKey, WrongWebhook, new_secret, webhooks_of_key
from layouts.report.form import Problems, field_attributes, field_problem, submit_button, trap_field
from layouts.shared import formats
from layouts.shared.components import notice
from layouts.shared.document import Page
from layouts.shared.fields import email_box, form_field, hidden_box, input_box
from layouts.shared.language import _, keep_language
from layouts.shared.prerender import aria_label
from portal.domain.api_key import ApiKey, Scope
from portal.domain.jurisdiction import Jurisdiction

EMAIL, PURPOSE = "email", "purpose"
ADDRESS = "/developers/keys"
LONGEST_PURPOSE = 200
Typed = tuple[str, str]
"""What stands in the two boxes: the address, and what the key is for."""


def keys_page(
    city: Jurisdiction, per_hour: int, typed: Typed = ("", ""), problems: Problems = ()
) -> Page:
    """The form. `per_hour` are the calls that need no key."""
    free = _(
        "Anyone can read the cases of {city} from a program, {calls} calls an hour, without a key."
        " With one there are more, and staff can let you send reports.",
        city=city.name,
        calls=formats.number(per_hour),
    )
    parts = [html.P(free, className="lead"), _form(typed, problems)]
    heading = _("Get an API key")
    title = _("Not right yet: {title}", title=heading) if problems else heading
    return _page(city, title, parts, heading)


def no_mail_page(city: Jurisdiction) -> Page:
    """This portal cannot send the link."""
    sentence = _("This portal sends no e-mail. Ask the people who run it for an API key.")
    return _page(city, _("Get an API key"), [notice(sentence)])


def _form(typed: Typed, problems: Problems) -> html.Form:
    email, purpose = typed
    hint = _("We’ll send you a link to make the key. Your address is kept encrypted.")
    what = {"maxlength": LONGEST_PURPOSE, "value": purpose or None}
    ways = [
        submit_button(_("E-mail me a link"), "ask", "button"),
        submit_button(_("I have keys: send me their link"), "link"),
    ]
    return html.Form(
        [
            form_field(
                html.Label(_("Your e-mail address"), htmlFor=EMAIL),
                html.P(hint, className="quiet", id=f"{EMAIL}-hint"),
                field_problem(problems, EMAIL),
                email_box(EMAIL, email, required=True, **field_attributes(EMAIL, problems, True)),
            ),
            form_field(
                html.Label(_("What is the key for?"), htmlFor=PURPOSE),
                field_problem(problems, PURPOSE),
                input_box("text", PURPOSE, **what, **field_attributes(PURPOSE, problems)),
            ),
            trap_field(),
            html.P(ways, className="share-ways"),
        ],
        action=keep_language(ADDRESS),
        method="post",
        className="report-form",
        **aria_label(_("Get an API key")),
    )


def link_sent_page(city: Jurisdiction) -> Page:
    """The same for every address, whatever it has."""
    written = _("Look at your e-mail: open the link in it to make the key.")
    missing = _(
        "No e-mail after a few minutes? Check your spam folder. At most five go to one address in"
        " a day, and the link to your keys goes only to an address that has some."
    )
    return _page(city, _("One more step"), [html.P(written, className="lead"), html.P(missing)])


def too_many_keys_page(city: Jurisdiction) -> Page:
    """Too many people ask at the moment."""
    sentence = _("Many people are asking right now. Please try again in an hour.")
    return _page(city, _("Not just now"), [notice(sentence, kind="warning")], status=429)


@dataclass(frozen=True)
class OwnKeys:
    """What the page of a link shows: the keys, and the webhooks of those that are valid.

    `made` is a new key and `secret` that of a new webhook, each shown once; `wrong` is what could
    be no webhook.
    """

    keys: tuple[ApiKey, ...]
    hooks: Mapping[str, Hooks]
    token: str
    now: int
    made: str = ""
    secret: str = ""
    wrong: WrongWebhook | None = None

    @property
    def address(self) -> str:
        """The page's own."""
        return f"{ADDRESS}/{self.token}"


def own_keys_page(city: Jurisdiction, own: OwnKeys) -> Page:
    """The keys of the address that the link was sent to.

    Nothing happens until a button is pressed, so that no mail scanner answers for its owner.
    """
    new = _new_key(own.made) if own.made else []
    new += new_secret(own.secret) if own.secret else []
    items = [html.Li(_describe(city, key, own), className="key") for key in own.keys]
    more = html.P(html.A(_("Get another key"), href=ADDRESS, className="button button-quiet"))
    return _page(city, _("Your API keys"), [*new, html.Ul(items, className="plain-list"), more])


def _new_key(made: str) -> list[Any]:
    sentence = _("This is your new key. Copy it now: it is shown only this once.")
    return [html.P(sentence, className="lead"), html.Pre(html.Code(made), className="new-key")]


def _describe(city: Jurisdiction, key: ApiKey, own: OwnKeys) -> list[Any]:
    calls = _("{calls} calls an hour", calls=formats.number(key.per_hour))
    facts = [_state(city, key, own.now), calls]
    facts += [_scope_words()[scope] for scope in key.scopes]
    title = html.P([html.Strong(key.name), html.Span(f" ck_{key.id}_…", className="quiet")])
    buttons = []
    if key.created_at is None and key.revoked_at is None:
        buttons = [_button(own, key, "make", _("Make the key"), "button")]
        buttons.append(_button(own, key, "revoke", _("I don’t want it"), "button button-quiet"))
    elif key.is_valid:
        buttons = [_button(own, key, "revoke", _("End this key"), "button button-quiet")]
    hooks = []
    if key.is_valid:
        of = OfKey(city, key, own.hooks.get(key.id, ()), own.address, own.now, own.wrong)
        hooks = [webhooks_of_key(of)]
    return [title, html.P(" · ".join(facts)), html.Div(buttons, className="share-ways"), *hooks]


def _state(city: Jurisdiction, key: ApiKey, now: int) -> str:
    def said(at: int) -> str:
        return formats.day_and_time(at, city.zone, now)

    if key.revoked_at is not None:
        return _("Ended {when}", when=said(key.revoked_at))
    if key.created_at is None:
        return _("Not made yet")
    if key.used_at is None:
        return _("Made {when}, never used", when=said(key.created_at))
    return _("Last used {when}", when=said(key.used_at))


def _scope_words() -> dict[Scope, str]:
    return {
        "read": _("may read"),
        "report": _("may send reports"),
        "update": _("may update cases"),
    }


def _button(own: OwnKeys, key: ApiKey, do: str, word: str, look: str) -> html.Form:
    return html.Form(
        [
            hidden_box("do", do),
            hidden_box("key", key.id),
            html.Button(word, type="submit", className=look),
        ],
        action=keep_language(own.address),
        method="post",
    )


def _page(
    city: Jurisdiction, title: str, parts: list[Any], heading: str = "", status: int = 200
) -> Page:
    return Page(
        title=f"{title} · {city.name}",
        description=_("API keys for {city}.", city=city.name),
        body=html.Div([html.H1(heading or title, tabIndex="-1"), *parts], className="report"),
        status=status,
        has_form=True,
    )
