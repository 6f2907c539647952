"""Webhooks: what changed is sent to those who asked, signed, in order, until they have it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from data_sync.dispatch.mailer import Mailer
from data_sync.dispatch.webhooks import WebhookSender, _make_fetcher, post_to_stranger
from data_sync.reading.fetch import Fetcher
from portal.auth import api_keys
from portal.context import Portal
from portal.domain import webhook
from portal.errors import BadRequest, NotFound
from portal.notifications.contacts import Recipient
from portal.queries.data import webhook_news
from portal.services.data import key_requests, webhooks
from portal.services.data.key_requests import Owner
from portal.services.data.webhooks import Attempt
from portal.services.forgetting import forget_expired
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tests.support.days import Teller, at_day
from tests.support.dripping import dripping
from tests.sync.support import record

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])
URL = "https://hooks.example.org/cases?from=boston"
HOUR = 3_600


@dataclass
class Receiver:
    """A developer's server: what it got, and what it answers with."""

    got: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    answer: Attempt = Attempt(200, 0.1)

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> Attempt:
        self.got.append((url, body, headers))
        return self.answer

    @property
    def letters(self) -> list[dict]:
        """What was in them."""
        return [json.loads(body) for _, body, _ in self.got]

    @property
    def told(self) -> list[tuple[list[str], dict[str, list[str]]]]:
        """Of each: the numbers of new cases, and of changed ones which fields changed."""
        return [
            (
                [case["case_id"] for case in letter["data"]["new"]],
                {
                    one["case"]["case_id"]: [change["field"] for change in one["changes"]]
                    for one in letter["data"]["changed"]
                },
            )
            for letter in self.letters
        ]


@pytest.fixture
def tell(portal, city):
    """Two cases on March 1."""
    tell = Teller(portal, city)
    tell(1, told("101"), told("102", service_code="Graffiti", service_name="Graffiti"))
    return tell


def told(number, day=1, **fields):
    place = {"neighborhood": "Roxbury", "target_at": at_day(10), "lat": 42.32, "lon": -71.07}
    return record(number, **{"opened_at": at_day(-2), "updated_at": at_day(day), **place, **fields})


def at(day: int) -> int:
    """15:00 UTC of a day of March, in epoch seconds."""
    return int(at_day(day).timestamp())


@pytest.fixture
def owner(portal, city) -> Owner:
    """Someone with a key."""
    to, wanted = Recipient("ana@example.org", "en"), ("A map", ("read",), 5_000)
    with portal.transaction() as connection:
        key, _text = key_requests.create_key(
            connection, portal.settings, city.id, to, wanted, at(1)
        )
    return Owner(key_requests.make_token(portal.settings, city.id, to.email), key)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def sender(portal, city, receiver) -> WebhookSender:
    return WebhookSender(portal, city, receiver, lambda: at(3))


@pytest.fixture
def hook(portal, city, tell, owner) -> tuple[str, str]:
    """A webhook for all cases, added on March 2: its id and its secret."""
    return webhooks.add_webhook(portal, city, owner, URL, "", at(2))


def deliver(sender: WebhookSender, day: int = 3) -> None:
    sender.clock = lambda: at(day)
    sender.make_deliveries()
    sender.send_all()


def state_of(portal: Portal, city, owner: Owner):
    ((hook, deliveries),) = webhooks.webhooks_of_key(portal, city.id, owner.key_id)
    return hook, deliveries


@BOTH
def test_what_is_new_and_what_changed_is_told_once_and_nothing_from_before(
    hook, tell, sender, receiver
):
    deliver(sender)
    assert receiver.got == []
    tell(3, told("101", 3, status="closed", closed_at=at_day(3)), told("103", 3))
    deliver(sender)
    deliver(sender)
    (((new), changed),) = receiver.told
    assert new == ["103"]
    assert sorted(changed["101"]) == ["close_provenance", "closed_at", "status"]
    letter = receiver.letters[0]
    assert (letter["type"], letter["data"]["city"]) == ("cases.changed", "smallville")
    assert letter["data"]["changed"][0]["case"]["status"] == "closed"
    tell(4, told("103", 4, target_at=at_day(20)))
    deliver(sender, 4)
    assert receiver.told[1:] == [([], {"103": ["target_at"]})]


def test_its_signature_is_that_of_standard_webhooks(hook, tell, sender, receiver):
    tell(3, told("103", 3))
    deliver(sender)
    ((url, body, headers),) = receiver.got
    assert url == URL
    key = base64.b64decode(hook[1].removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert re.fullmatch(r"msg_[0-9a-f]{24}", headers["webhook-id"])
    assert headers["webhook-timestamp"] == str(at(3))


def test_the_signature_of_the_specification_s_own_example():
    """Source: the example of the Standard Webhooks specification."""
    secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # noqa: S105
    body = b'{"email":"test@example.com","username":"test_user"}'
    made = webhook.sign(secret, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553, body)
    assert made == "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="


def test_a_filter_tells_of_its_cases_alone(portal, city, tell, owner, sender, receiver):
    address = "https://portal.example/cases?service=graffiti"
    webhooks.add_webhook(portal, city, owner, URL, address, at(2))
    tell(
        3,
        told("101", 3, target_at=at_day(20)),
        told("102", 3, target_at=at_day(20), service_code="Graffiti", service_name="Graffiti"),
        told("104", 3),
    )
    deliver(sender)
    assert receiver.told == [([], {"102": ["target_at"]})]


@BOTH
def test_a_private_case_and_what_was_hidden_before_sending_are_in_no_delivery(
    portal, city, hook, tell, sender, receiver, add_case, publish
):
    tell(3, told("103", 3, note="Bo Miller dug it"), told("104", 3))
    add_case("105", visibility="held", note="SECRET")
    publish()
    sender.make_deliveries()
    moderation.hold_case(portal, city, "104", Act("Ana", "a name", at(3)))
    moderation.hide_words(portal, city, "103", "note", "Bo Miller", Act("Ana", "a name", at(3)))
    sender.send_all()
    assert receiver.got == [], "the facts still have it: it waits"
    publish()
    sender.clock = lambda: at(3) + HOUR
    sender.send_all()
    (((new), _),) = receiver.told
    assert new == ["103"]
    sent = b"".join(body for _, body, _ in receiver.got)
    assert b"Miller" not in sent and b"SECRET" not in sent and b"104" not in sent


def test_what_staff_do_unseen_is_told_to_no_one(
    portal, city, hook, tell, sender, receiver, add_case, publish
):
    tell(3, told("103", 3))
    deliver(sender)
    add_case("105", visibility="held", note="SECRET")
    publish()
    deliver(sender)
    assert len(receiver.got) == 1


@BOTH
def test_it_is_tried_until_it_is_taken_under_one_id_and_in_order(
    portal, city, hook, owner, tell, sender, receiver
):
    receiver.answer = Attempt(503, 0.2)
    tell(3, told("103", 3))
    deliver(sender)
    tell(4, told("104", 4))
    sender.clock = lambda: at(3) + 2
    sender.make_deliveries()
    sender.send_all()
    assert len(receiver.got) == 1, "five seconds after the first attempt it is tried again"
    receiver.answer = Attempt(200, 0.1)
    deliver(sender, 4)
    deliver(sender, 4)
    assert [new for new, _ in receiver.told] == [["103"], ["103"], ["104"]]
    first, second, third = (headers["webhook-id"] for _, _, headers in receiver.got)
    assert first == second != third
    _hook, (last, before) = state_of(portal, city, owner)
    assert (before.attempts, before.status, before.sent_at) == (2, 200, at(4))
    assert (last.attempts, last.cases) == (1, 1)


def test_the_pauses_grow_and_end_after_three_days():
    pauses = [webhook.pause_after(attempts, 0) for attempts in range(1, 10)]
    assert pauses == [5, 60, 300, 1_800, 3_600, 7_200, 14_400, 21_600, 21_600]
    assert webhook.pause_after(3, 72 * HOUR - 1) == 300
    assert webhook.pause_after(3, 72 * HOUR) is None


@BOTH
def test_after_three_days_it_is_stopped_and_its_owner_hears_of_it_once(
    portal, city, hook, owner, tell, sender, receiver
):
    receiver.answer = Attempt(None, 10.0, "unreachable")
    tell(3, told("103", 3))
    now = at(3)
    sender.clock = lambda: now
    for _ in range(40):
        sender.make_deliveries()
        sender.send_all()
        now += 3 * HOUR
    stopped, (delivery,) = state_of(portal, city, owner)
    assert (stopped.state, stopped.problem) == ("stopped", "unreachable")
    assert delivery.has_failed and delivery.tried_at - delivery.created_at >= 72 * HOUR
    portal.settings = portal.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    emails: list = []
    mailer = Mailer(portal, city, emails.append, clock=lambda: now)
    while mailer.send_one():
        pass
    (email,) = emails
    assert email["To"] == "ana@example.org"
    assert f"/developers/keys/{owner.token}" in email.get_content()
    tell(9, told("104", 9))
    tried = len(receiver.got)
    deliver(sender, 20)
    assert len(receiver.got) == tried


def test_a_receiver_that_says_it_is_gone_is_left_at_once(
    portal, city, hook, owner, tell, sender, receiver
):
    receiver.answer = Attempt(410, 0.1)
    tell(3, told("103", 3))
    deliver(sender)
    assert state_of(portal, city, owner)[0].state == "stopped"


def test_one_that_was_paused_goes_on_with_what_changes_from_then_on(
    portal, city, hook, owner, tell, sender, receiver
):
    webhooks.pause_webhook(portal, city, owner, hook[0], at(3))
    tell(3, told("103", 3))
    deliver(sender)
    webhooks.resume_webhook(portal, city, owner, hook[0], at(4))
    tell(5, told("104", 5))
    deliver(sender, 5)
    assert receiver.told == [(["104"], {})]


def test_an_ended_key_ends_its_webhooks(portal, city, hook, owner, tell, sender, receiver):
    tell(3, told("103", 3))
    sender.make_deliveries()
    key_requests.revoke_own_key(portal, city, owner, at(3))
    sender.send_all()
    tell(4, told("104", 4))
    deliver(sender, 4)
    assert receiver.got == []


@BOTH
def test_two_workers_send_a_delivery_once(portal, city, hook, tell, sender, receiver):
    tell(3, told("103", 3))
    sender.make_deliveries()
    other = WebhookSender(portal, city, receiver, sender.clock)
    other.make_deliveries()
    with portal.transaction() as connection:
        due = webhooks.claim_delivery(connection, portal.settings, city.id, at(3))
    assert due is not None
    assert not sender.send_one() and not other.send_one()
    assert receiver.got == []


def test_one_whose_worker_was_killed_is_sent_again_a_minute_later(
    portal, city, hook, tell, sender, receiver
):
    tell(3, told("103", 3))
    sender.make_deliveries()
    with portal.transaction() as connection:
        webhooks.claim_delivery(connection, portal.settings, city.id, at(3))
    sender.clock = lambda: at(3) + webhooks.LEASE_SECONDS
    sender.send_all()
    assert [new for new, _ in receiver.told] == [["103"]]


def test_many_changes_are_several_deliveries_and_none_is_left_out(
    portal, city, hook, tell, sender, receiver, monkeypatch
):
    monkeypatch.setattr(webhook_news.find_news, "__defaults__", (3,))
    tell(3, *(told(str(number), 3) for number in range(201, 209)))
    deliver(sender)
    tell(4, *(told(str(number), 4, target_at=at_day(30)) for number in range(201, 209)))
    deliver(sender, 4)
    wanted = {str(number) for number in range(201, 209)}
    assert {number for new, _ in receiver.told for number in new} == wanted
    assert {number for _, changed in receiver.told for number in changed} == wanted
    assert max(len(new) + len(changed) for new, changed in receiver.told) == 3


def test_an_address_that_is_none_or_leads_inside_is_refused(subtests):
    for url in (
        "", "http://example.org/", "ftp://example.org", "https://", "https://example.org:8443/",
        "https://ana:secret@example.org/", "https://exämple.org/", "https://example.org/ a",
        "https://example.org/#top", f"https://example.org/{'x' * 500}", "https://[::1",
        "javascript:alert(1)", "//example.org",
    ):  # fmt: skip
        with subtests.test(url), pytest.raises(BadRequest):
            webhook.read_url(url)
    assert webhook.read_url(" https://example.org/a?b=c ") == "https://example.org/a?b=c"


def test_a_host_inside_is_asked_by_no_one(subtests):
    for address in (
        "127.0.0.1", "10.0.0.7", "192.168.1.1", "169.254.169.254", "100.100.100.200", "::1",
        "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "64:ff9b::a9fe:a9fe", "0.0.0.0",
        "224.0.0.1",
    ):  # fmt: skip
        with subtests.test(address):
            fetcher = Fetcher({"hooks.example.org"}, resolve=lambda *_, to=address: [to])
            made = post_to_stranger(URL, b"{}", {}, fetcher)
            assert (made.status, made.problem) == (None, "private_address")


def test_a_redirect_is_not_followed_and_a_drip_is_left(local):
    with dripping(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n", b" ") as port:
        made = local(port)
    assert not made.was_taken
    with dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x") as port:
        made = local(port)
    assert not made.was_taken and made.problem in ("too_slow", "unreachable")


@pytest.fixture
def local():
    """local(port) sends to a receiver of this machine, with half a second for all of it."""

    def send(port: int) -> Attempt:
        origin = f"http://127.0.0.1:{port}"
        fetcher = Fetcher(set(), local_origin=origin, max_seconds=0.5, attempts=1)
        return post_to_stranger(f"{origin}/", b"{}", {}, fetcher)

    return send


def test_only_the_host_of_the_webhook_is_asked():
    fetcher = _make_fetcher(URL)
    assert (fetcher.hosts, fetcher.max_redirects, fetcher.attempts) == (
        {"hooks.example.org"},
        0,
        1,
    )


def test_a_stranger_s_link_changes_nothing(portal, city, hook, owner):
    stranger = Owner("nothing", owner.key_id)
    for change in (webhooks.pause_webhook, webhooks.end_webhook, webhooks.queue_test):
        with pytest.raises(NotFound):
            change(portal, city, stranger, hook[0], at(3))
    with pytest.raises(NotFound):
        webhooks.add_webhook(portal, city, stranger, URL, "", at(3))
    assert state_of(portal, city, owner)[0].state == "active"


def test_a_key_has_five_webhooks_at_most(portal, city, hook, owner):
    for _ in range(4):
        webhooks.add_webhook(portal, city, owner, URL, "", at(3))
    with pytest.raises(BadRequest, match="at most 5"):
        webhooks.add_webhook(portal, city, owner, URL, "", at(3))


@BOTH
def test_what_became_of_deliveries_is_forgotten_after_a_month_and_all_with_its_key(
    portal, city, hook, owner, tell, sender
):
    tell(3, told("103", 3))
    deliver(sender)
    forget_expired(portal, at(3) + 31 * 86_400)
    assert state_of(portal, city, owner)[1] == ()
    with portal.transaction() as connection:
        api_keys.revoke_key(connection, city.id, owner.key_id, at(4))
    forget_expired(portal, at(4) + 181 * 86_400)
    assert webhooks.webhooks_of_key(portal, city.id, owner.key_id) == ()


def test_the_page_adds_tests_pauses_and_deletes_a_webhook_without_scripts(
    portal, city, client, tell, owner, sender, receiver
):
    path = f"/developers/keys/{owner.token}"
    sender.clock = time.time  # as the pages

    def press(do: str, **fields: str) -> str:
        return client.post(path, data={"do": do, "key": owner.key_id, **fields}).text

    assert "Webhooks: 0" in client.get(path).text
    wrong = press("hook", url="http://example.org/", query="")
    assert "begins with https://" in wrong and 'value="http://example.org/"' in wrong
    unknown = press("hook", url=URL, query="?color=red")
    assert "color" in unknown and "Webhooks: 0" in unknown
    made = press("hook", url=URL, query="service=pothole")
    assert re.search(r"whsec_[\w+/]{43}=", made)
    shown = client.get(path).text
    assert "whsec_" not in shown and "/cases?service=pothole" in shown and "running" in shown
    ((hook, _),) = webhooks.webhooks_of_key(portal, city.id, owner.key_id)
    press("test", target=hook.id)
    sender.send_all()
    assert receiver.letters[0]["type"] == "test"
    delivery = receiver.got[0][2]["webhook-id"]
    assert delivery in client.get(path).text
    press("again", target=delivery)
    sender.send_all()
    assert [headers["webhook-id"] for _, _, headers in receiver.got] == [delivery] * 2
    assert "paused" in press("pause", target=hook.id)
    assert "running" in press("resume", target=hook.id)
    assert "Webhooks: 0" in press("end", target=hook.id)
    assert client.post(path, data={"do": "odd"}).status_code == 400


def test_the_check_in_the_documentation_knows_our_deliveries_from_others(
    hook, tell, sender, receiver
):
    said = (Path(__file__).parents[2] / "docs/api.md").read_text()
    checks: dict = {}
    exec(re.search(r"```python\n(.*?)```", said, re.DOTALL)[1], checks)  # noqa: S102
    tell(3, told("103", 3))
    sender.make_deliveries()
    sender.clock = time.time
    sender.send_all()
    ((_, body, headers),) = receiver.got
    assert checks["is_ours"](hook[1], headers, body)
    assert not checks["is_ours"](hook[1], headers, body + b" ")
    assert not checks["is_ours"](webhook.make_secret(), headers, body)
    assert not checks["is_ours"](hook[1], headers | {"webhook-timestamp": "1"}, body)
