"""API keys by e-mail: the form, and the page that the link in the e-mail opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request

from callbacks.report.own_report import LONGEST_TOKEN, mark_secret
from callbacks.shared.city_routes import CityRoutes
from callbacks.shared.pages import Pages
from callbacks.shared.unstored import explain_unstored, mark_unstored
from layouts.data.keys import (
    ADDRESS,
    EMAIL,
    PURPOSE,
    OwnKeys,
    keys_page,
    link_sent_page,
    no_mail_page,
    own_keys_page,
    too_many_keys_page,
)
from layouts.data.webhooks import LONGEST_QUERY, QUERY, URL, WrongWebhook
from layouts.report.form import Problem
from layouts.shared.document import Page
from layouts.shared.language import _, current_language
from portal.abuse.rate_limits import find_network
from portal.api.callers import WITHOUT_KEY
from portal.api.gate import from_anywhere
from portal.context import Portal
from portal.domain.email_address import LONGEST_TYPED, read_email_address
from portal.errors import BadRequest, CannotStore, NotFound
from portal.notifications.alerts import can_send
from portal.notifications.contacts import Recipient
from portal.services.data import key_requests, webhooks
from portal.services.data.key_requests import Owner
from portal.store.unwritable import explain_unwritable

CHANGES: dict[str, Callable[..., None]] = {
    "pause": webhooks.pause_webhook,
    "resume": webhooks.resume_webhook,
    "end": webhooks.end_webhook,
    "test": webhooks.queue_test,
    "again": webhooks.send_again,
}
"""What the buttons of a webhook do, by what they are called in its form."""


def register(server: Flask, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
    """/developers/keys, and /developers/keys/<token>, the link in the e-mails."""
    routes = KeyRoutes(portal, pages, clock)
    for address, endpoint, method, view in (
        (ADDRESS, "keys", "GET", routes.show_form),
        (ADDRESS, "keys asked", "POST", routes.take_form),
        (f"{ADDRESS}/<token>", "own keys", "GET", routes.show_keys),
        (f"{ADDRESS}/<token>", "own keys change", "POST", routes.change_keys),
    ):
        server.add_url_rule(address, endpoint=endpoint, view_func=view, methods=[method])


class KeyRoutes(CityRoutes):
    """What each address answers."""

    def show_form(self) -> Response:
        """The form, or that this portal sends no e-mail."""
        return self.pages.once(self._form_page)

    def take_form(self) -> Response:
        """The form as sent."""
        return self.pages.once(self._ask)

    def show_keys(self, token: str) -> Response:
        """The page of a link; nothing happens before a button on it is pressed."""
        return mark_secret(self.pages.once(lambda: self._own_page(token)))

    @from_anywhere
    def change_keys(self, token: str) -> Response:
        """A button of that page. The link itself is the key: no other site knows it."""
        return mark_secret(self.pages.once(lambda: self._change(token)))

    def _form_page(self) -> Page:
        if not can_send(self.portal.settings, self.city):
            return no_mail_page(self.city)
        return keys_page(self.city, WITHOUT_KEY)

    def _ask(self) -> Page:
        if not can_send(self.portal.settings, self.city):
            raise NotFound("This portal sends no e-mail. Ask the people who run it for an API key.")
        given = request.form.get(EMAIL, "").strip()[:LONGEST_TYPED]
        wants_link = request.form.get("go") == "link"
        purpose = "" if wants_link else request.form.get(PURPOSE, "").replace("\x00", "").strip()
        email = read_email_address(given)
        problems = _find_problems(email, purpose or ("-" if wants_link else ""))
        if email is None or problems:
            return keys_page(self.city, WITHOUT_KEY, (given, purpose), problems)
        # People do not see this field: a robot fills it in, and gets the usual answer.
        if request.form.get("website"):
            return link_sent_page(self.city)
        return self._send_link(email, purpose)

    def _send_link(self, email: str, purpose: str) -> Page:
        recipient = Recipient(email, current_language().code)
        network = find_network(request.remote_addr)
        asked = self.portal, self.city, recipient, purpose, network, self.now
        try:
            with explain_unwritable():
                answer = key_requests.ask_for_key(*asked)
        except CannotStore as problem:
            problems = (Problem(EMAIL, explain_unstored(problem)),)
            return mark_unstored(keys_page(self.city, WITHOUT_KEY, (email, purpose), problems))
        return too_many_keys_page(self.city) if answer == "too many" else link_sent_page(self.city)

    def _own_page(self, token: str, **shown: Any) -> Page:
        """`shown`: a new key or secret, or what was wrong with a webhook (OwnKeys)."""
        _check_length(token)
        keys = key_requests.keys_of_link(self.portal, self.city.id, token)
        hooks = {
            key.id: webhooks.webhooks_of_key(self.portal, self.city.id, key.id)
            for key in keys
            if key.is_valid
        }
        return own_keys_page(self.city, OwnKeys(keys, hooks, token, self.now, **shown))

    def _change(self, token: str) -> Page:
        _check_length(token)
        what, target = request.form.get("do", ""), request.form.get("target", "")
        owner = Owner(token, request.form.get("key", ""))
        own = self.portal, self.city, owner
        if what == "make":
            return self._own_page(token, made=key_requests.make_own_key(*own, self.now))
        if what == "hook":
            return self._add_webhook(owner)
        if what == "revoke":
            key_requests.revoke_own_key(*own, self.now)
        elif change := CHANGES.get(what):
            change(*own, target, self.now)
        else:
            raise BadRequest("Press one of the buttons.")
        return self._own_page(token)

    def _add_webhook(self, owner: Owner) -> Page:
        url, query = (request.form.get(name, "")[:LONGEST_QUERY] for name in (URL, QUERY))
        asked = self.portal, self.city, owner, url, query, self.now
        try:
            _hook, secret = webhooks.add_webhook(*asked)
        except BadRequest as problem:
            wrong = WrongWebhook(owner.key_id, url, query, _(problem.sentence, **problem.values))
            return self._own_page(owner.token, wrong=wrong)
        return self._own_page(owner.token, secret=secret)


def _find_problems(email: str | None, purpose: str) -> tuple[Problem, ...]:
    problems = []
    if email is None:
        sentence = _(
            "That doesn’t look like an e-mail address. It should be like name@example.org."
        )
        problems.append(Problem(EMAIL, sentence))
    if not purpose:
        sentence = _("Say in a few words what the key is for.")
        problems.append(Problem(PURPOSE, sentence))
    return tuple(problems)


def _check_length(token: str) -> None:
    if len(token) > LONGEST_TOKEN:
        raise NotFound("This link opens nothing. It may have been cut off.")
