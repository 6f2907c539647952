"""Webhooks on the page of someone's API keys: what there is, how it goes, and a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html

from layouts.report.form import Problem, field_attributes, field_problem
from layouts.shared import formats
from layouts.shared.components import table
from layouts.shared.fields import form_field, hidden_box, input_box
from layouts.shared.language import _, keep_language
from layouts.shared.prerender import aria_label
from portal.domain.api_key import ApiKey
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.webhook import LONGEST_URL, Delivery, Webhook

URL, QUERY = "url", "query"
LONGEST_QUERY = 2_000
Hooks = tuple[tuple[Webhook, tuple[Delivery, ...]], ...]
"""Webhooks, each with its last deliveries."""


@dataclass(frozen=True)
class WrongWebhook:
    """What someone typed that can be no webhook, of which key, and what to do about it."""

    key_id: str
    url: str
    query: str
    sentence: str


@dataclass(frozen=True)
class OfKey:
    """A key's webhooks, and what their page needs. `address` is the page's own."""

    city: Jurisdiction
    key: ApiKey
    hooks: Hooks
    address: str
    now: int
    wrong: WrongWebhook | None = None

    def said(self, at: int) -> str:
        """A time (epoch s) as people read it."""
        return formats.day_and_time(at, self.city.zone, self.now)


def webhooks_of_key(of: OfKey) -> html.Details:
    """All of it, folded as long as there is nothing to see."""
    wrong = of.wrong if of.wrong and of.wrong.key_id == of.key.id else None
    parts: list[Any] = [html.Summary(_("Webhooks: {n}", n=formats.number(len(of.hooks))))]
    parts += [_describe(of, hook, deliveries) for hook, deliveries in of.hooks]
    return html.Details([*parts, _form(of, wrong)], open=bool(of.hooks or wrong))


def new_secret(secret: str) -> list[Any]:
    """The secret of a new webhook, shown once."""
    sentence = _(
        "This is the secret of your new webhook. Copy it now: it is shown only this once. Check"
        " the signature of each delivery with it."
    )
    return [html.P(sentence, className="lead"), html.Pre(html.Code(secret), className="new-key")]


def _describe(of: OfKey, hook: Webhook, deliveries: tuple[Delivery, ...]) -> html.Div:
    about = f"/cases?{hook.query}" if hook.query else "/cases"
    which = html.A(_("the cases of this list") if hook.query else _("all cases"), href=about)
    ways = [_button(of, hook, "test", _("Send a test"))]
    if hook.state == "active":
        ways.append(_button(of, hook, "pause", _("Pause")))
    else:
        ways.append(_button(of, hook, "resume", _("Start again")))
    ways.append(_button(of, hook, "end", _("Delete")))
    facts = [html.Strong(hook.url), " · ", which, " · ", _state(hook)]
    return html.Div([html.P(facts), html.Div(ways, className="share-ways"), _log(of, deliveries)])


def _state(hook: Webhook) -> str:
    if hook.state == "active":
        return _("running")
    if hook.state == "paused":
        return _("paused: what changes meanwhile is not sent later")
    return _("stopped: {why}", why=_why(hook.problem or ""))


def _log(of: OfKey, deliveries: tuple[Delivery, ...]) -> Any:
    """The last deliveries; a sentence where there are none."""
    if not deliveries:
        return html.P(_("Nothing has been sent yet."), className="quiet")
    heads = [_("Delivery"), _("Cases"), _("Last tried"), _("Answer"), _("Seconds"), _("Tries"), ""]
    rows = [_row(of, delivery) for delivery in deliveries]
    return table(_("The last deliveries"), heads, rows, frozenset({1, 4, 5}))


def _row(of: OfKey, delivery: Delivery) -> list[Any]:
    was_tried = delivery.tried_at is not None
    again = None
    if delivery.sent_at is not None or delivery.has_failed:
        again = _button(of, None, "again", _("Send again"), delivery.id)
    return [
        html.Code(delivery.id),
        _("test") if delivery.kind == "test" else formats.number(delivery.cases),
        of.said(delivery.tried_at) if delivery.tried_at is not None else _("not yet"),
        _answer(delivery) if was_tried else "",
        f"{delivery.seconds:.1f}" if delivery.seconds is not None else "",
        formats.number(delivery.attempts),
        again,
    ]


def _answer(delivery: Delivery) -> str:
    if delivery.status is not None:
        return str(delivery.status)
    return _why(delivery.problem or "")


def _why(problem: str) -> str:
    """Why nothing was taken: a kind of problem in words, or what we noted."""
    words = {
        "unreachable": _("no answer"),
        "private_address": _("its address is not on the public internet"),
        "too_slow": _("it took longer than ten seconds"),
        "too_large": _("its answer was too large"),
    }
    return words.get(problem, problem)


def _form(of: OfKey, wrong: WrongWebhook | None) -> html.Form:
    url, query = (f"{name}-{of.key.id}" for name in (URL, QUERY))
    problems = (Problem(url, wrong.sentence),) if wrong else ()
    shared = {"spellcheck": "false", "autocapitalize": "none"}
    where = {"id": url, "value": wrong.url if wrong else None, "maxlength": LONGEST_URL}
    which = {"id": query, "value": wrong.query if wrong else None, "maxlength": LONGEST_QUERY}
    return html.Form(
        [
            hidden_box("do", "hook"),
            hidden_box("key", of.key.id),
            form_field(
                html.Label(_("Where to send what changes"), htmlFor=url),
                field_problem(problems, url),
                input_box(
                    "text",
                    URL,
                    **where,
                    **shared,
                    inputmode="url",
                    placeholder="https://example.org/hook",
                    required=True,
                    **field_attributes(url, problems),
                ),
            ),
            form_field(
                html.Label(_("Which cases? (if not all)"), htmlFor=query),
                html.P(
                    _("Paste the address of a list of cases, such as /cases?service=pothole."),
                    className="quiet",
                    id=f"{query}-hint",
                ),
                input_box("text", QUERY, **which, **shared, **field_attributes(query, (), True)),
            ),
            html.P(html.Button(_("Add a webhook"), type="submit", className="button")),
        ],
        action=keep_language(of.address),
        method="post",
        className="report-form",
        **aria_label(_("Add a webhook")),
    )


def _button(of: OfKey, hook: Webhook | None, do: str, word: str, target: str = "") -> html.Form:
    sent = {"do": do, "key": of.key.id, "target": hook.id if hook else target}
    return html.Form(
        [
            *[hidden_box(name, value) for name, value in sent.items()],
            html.Button(word, type="submit", className="button button-quiet"),
        ],
        action=keep_language(of.address),
        method="post",
    )
