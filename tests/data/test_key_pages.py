"""API keys by e-mail, without scripts: the form, the link, the key that is shown once."""

from __future__ import annotations

import re

import pytest

from data_sync.dispatch.mailer import Mailer
from portal.auth import api_keys
from portal.notifications.strangers import A_DAY
from tests.support.clock import NOON

PATH = "/developers/keys"
ANA = {"email": " Ana@example.org.", "purpose": "A map of potholes", "go": "ask"}


@pytest.fixture
def site(portal, client):
    portal.settings = portal.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    return client


@pytest.fixture
def emails(portal, city):
    """emails() are those that are due now."""

    def collect() -> list:
        sent: list = []
        mailer = Mailer(portal, city, sent.append)
        while mailer.send_one():
            pass
        return sent

    return collect


def link_in(email) -> str:
    return re.search(rf"{PATH}/[\w-]+", email.get_content())[0]


def test_from_the_form_to_a_key_that_is_shown_once_and_ended(site, emails, portal, city):
    assert "Get an API key" in site.get(PATH).text
    assert "One more step" in site.post(PATH, data=ANA).text
    (email,) = emails()
    assert email["To"].lower() == "ana@example.org"
    assert "potholes" not in email.get_content()
    link = link_in(email)
    opened = site.get(link)
    assert "A map of potholes" in opened.text
    assert "Not made yet" in opened.text
    assert (opened.headers["X-Robots-Tag"], opened.headers["Cache-Control"]) == (
        "noindex, nofollow",
        "no-store",
    )
    key_id = re.search(r'name="key" value="(\w+)"', opened.text)[1]
    made = site.post(link, data={"do": "make", "key": key_id}).text
    key = re.search(r"ck_\w{12}_[\w-]{43}", made)[0]
    with portal.core.connect() as connection:
        found = api_keys.find_key(connection, city.id, key)
    assert found and found.scopes == ("read",)
    assert key not in site.get(link).text
    assert site.post(link, data={"do": "make", "key": key_id}).status_code == 404
    assert "Ended" in site.post(link, data={"do": "revoke", "key": key_id}).text
    with portal.core.connect() as connection:
        assert api_keys.find_key(connection, city.id, key) is None


def test_the_link_is_sent_again_to_those_who_have_keys_and_to_no_one_else(site, emails):
    again = {"email": "ana@example.org", "go": "link"}
    assert "One more step" in site.post(PATH, data=again).text
    assert emails() == []
    site.post(PATH, data=ANA)
    first = link_in(emails()[0])
    site.post(PATH, data=again)
    assert [link_in(email) for email in emails()] in ([first], [])


def test_what_is_not_right_is_said_and_nothing_is_sent(site, emails, subtests):
    for fields, words in (
        ({"email": "a@[.org"}, "look like an e-mail address"),
        ({"purpose": " "}, "what the key is for"),
    ):
        with subtests.test(**fields):
            shown = site.post(PATH, data=ANA | fields)
            assert words in shown.text
    assert "One more step" in site.post(PATH, data=ANA | {"website": "x"}).text
    assert emails() == []
    for path in (f"{PATH}/nothing", f"{PATH}/{'x' * 65}"):
        assert site.get(path).status_code == 404
        assert site.post(path, data={"do": "make", "key": "1"}).status_code == 404


def test_one_link_opens_no_one_elses_key(site, emails):
    site.post(PATH, data=ANA)
    site.post(PATH, data=ANA | {"email": "bo@example.org"})
    links = [link_in(email) for email in emails()]
    ids = [re.search(r'name="key" value="(\w+)"', site.get(link).text)[1] for link in links]
    assert site.post(links[0], data={"do": "revoke", "key": ids[1]}).status_code == 404
    assert site.post(links[1], data={"do": "odd", "key": ids[1]}).status_code == 400


def test_a_mailbox_gets_five_links_a_day_however_often_it_is_named(portal, city):
    from sqlalchemy import text

    from portal.notifications.contacts import Recipient
    from portal.services.data.key_requests import ask_for_key

    for number in range(A_DAY.capacity + 3):
        to = Recipient(f"ana+{number}@example.org", "en")
        assert ask_for_key(portal, city, to, "x", None, NOON) == "asked"
    with portal.core.connect() as connection:
        queued = connection.execute(text("select count(*) from alerts")).scalar_one()
    assert queued == A_DAY.capacity


def test_one_network_asks_ten_times_an_hour(site):
    visitor = {"environ_base": {"REMOTE_ADDR": "8.8.4.4"}}
    said = [site.post(PATH, data=ANA, **visitor).status_code for _ in range(11)]
    assert said == [200] * 10 + [429]


def test_a_portal_without_mail_says_who_gives_keys(client):
    assert "sends no e-mail" in client.get(PATH).text
    assert client.post(PATH, data=ANA).status_code == 404
