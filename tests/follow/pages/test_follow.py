"""The pages for following a case, without scripts: the form, the link, and all their errors."""

from __future__ import annotations

import re

import pytest
from lxml import html
from sqlalchemy import text

from data_sync.dispatch.mailer import Mailer

ADDRESS = "bo@example.org"


@pytest.fixture
def site(portal, city, add_case, publish, client):
    """One open case and a closed one. E-mails can be sent."""
    portal.settings = portal.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    add_case("101", address="3 Adams St")
    add_case("102", closed="2026-01-08")
    publish()
    return client


@pytest.fixture
def emails(portal, city) -> list:
    return []


@pytest.fixture
def link(portal, city, site, emails):
    """link() asks to follow case 101 and returns the path in the e-mail that comes."""

    def ask(**fields) -> str:
        assert site.post("/cases/101/follow", data={"email": ADDRESS} | fields).status_code == 200
        mailer = Mailer(portal, city, emails.append)
        while mailer.send_one():
            pass
        return re.search(r"/following/[\w-]+", emails[-1].get_content())[0]

    return ask


def heading(answer) -> str:
    return re.search(r"<h1[^>]*>(.*?)</h1>", answer.text)[1]


def test_a_case_leads_to_its_form_and_the_form_shows_the_case(site):
    assert 'href="/cases/101/follow"' in site.get("/cases/101").text
    form = site.get("/cases/101/follow")
    assert heading(form) == "Be told when this is closed"
    assert "3 Adams St" in form.text
    assert 'inputmode="email"' in form.text


def test_from_the_form_to_the_count_and_back(site, link, publish):
    path = link()
    opened = site.get(path)
    assert heading(opened) == "Do you want to follow this case?"
    assert opened.headers["Referrer-Policy"] == "same-origin"
    assert opened.headers["Cache-Control"] == "no-store"
    assert "follows this" not in site.get("/cases/101").text
    assert (
        heading(site.post(path, data={"do": "confirm"}, follow_redirects=True))
        == "You follow this case"
    )
    publish()
    for page in ("/cases/101", "/cases?sort=followed", "/"):
        assert "1 person follows this" in site.get(page).text, page
    assert "Open cases that most people follow" in site.get("/").text
    assert heading(site.post(path, data={"do": "stop"})) == "You follow this case no more"
    publish()
    assert "follows this" not in site.get("/cases/101").text
    assert "most people follow" not in site.get("/").text
    assert site.get(path).status_code == 404


def test_a_place_shows_its_own_open_cases_that_most_people_follow(portal, site, add_case, publish):
    town = [
        ("201", "Roxbury", 2, "open"),
        ("202", "Roxbury", 5, "in_progress"),
        ("203", "Roxbury", 0, "open"),
    ]
    for number, neighborhood, followers, status in [
        *town,
        ("204", "Dorchester", 9, "open"),
        ("205", "Roxbury", 7, "closed"),
    ]:
        add_case(number, neighborhood=neighborhood, status=status, followers=followers)
    publish()
    head = "//h2[.='Open cases that most people follow']/following-sibling::"
    root = html.fromstring(site.get("/places/roxbury").data)
    assert [
        link.rpartition("/")[2]
        for link in root.xpath(f"({head}ol)[1]//article//a[starts-with(@href, '/cases/')]/@href")
    ] == [
        "202",
        "201",
    ]
    (more,) = root.xpath(f"({head}p)[1]/a/@href")
    listed = html.fromstring(site.get(more).data).xpath(
        "//article//a[starts-with(@href, '/cases/')]/@href"
    )
    assert listed == ["/cases/202", "/cases/201", "/cases/203"]
    everywhere = html.fromstring(site.get("/").data)
    assert (
        everywhere.xpath(f"({head}ol)[1]//article//a[starts-with(@href, '/cases/')]/@href")[0]
        == "/cases/204"
    )


def test_a_mail_scanner_that_opens_the_link_confirms_nothing(portal, site, link):
    path = link()
    for way in (path, f"{path}/stop"):
        assert site.get(way).status_code == site.head(way).status_code == 200
    with portal.core.connect() as connection:
        assert connection.execute(text("select confirmed_at from followers")).all() == [(None,)]


def test_a_mail_program_stops_by_one_post_from_anywhere_and_again(portal, site, link):
    path = link()
    site.post(path, data={"do": "confirm"})
    for _ in range(2):
        elsewhere = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
        assert (
            site.post(
                f"{path}/stop", data={"List-Unsubscribe": "One-Click"}, headers=elsewhere
            ).status_code
            == 200
        )
    with portal.core.connect() as connection:
        assert connection.execute(text("select count(*) from followers")).scalar_one() == 0


def test_the_answer_is_the_same_whether_an_address_follows_or_not(site, link):
    first = site.post("/cases/101/follow", data={"email": ADDRESS}).text
    site.post(link(), data={"do": "confirm"})
    again = site.post("/cases/101/follow", data={"email": ADDRESS}).text
    assert (
        again.replace(
            '<p class="case-card-line">'
            '<span class="case-card-followers">1 person follows this</span></p>',
            "",
        )
        == first
    )


@pytest.mark.parametrize(
    "email",
    [
        "",
        "bo",
        "bo@example",
        "bo@example.org\r\nBcc: all@example.org",
        "x" * 9_000 + "@example.org",
        "\x00",
        "🦊",
    ],
)
def test_what_is_no_address_is_said_beside_it_and_kept(portal, site, email):
    answer = site.post("/cases/101/follow", data={"email": email})
    assert answer.status_code == 200
    assert heading(answer) == "Be told when this is closed"
    assert "That doesn’t look like an e-mail address" in answer.text
    assert 'aria-invalid="true"' in answer.text
    with portal.core.connect() as connection:
        assert connection.execute(text("select count(*) from followers")).scalar_one() == 0


def test_a_program_that_fills_in_every_field_is_answered_and_ignored(portal, site):
    answer = site.post(
        "/cases/101/follow", data={"email": ADDRESS, "website": "https://spam.example"}
    )
    assert heading(answer) == "One more step"
    with portal.core.connect() as connection:
        assert connection.execute(text("select count(*) from followers")).scalar_one() == 0


def test_a_form_on_another_site_is_refused(site):
    assert (
        site.post(
            "/cases/101/follow", data={"email": ADDRESS}, headers={"Sec-Fetch-Site": "cross-site"}
        ).status_code
        == 403
    )


def test_a_closed_case_has_nothing_more_to_tell(portal, site):
    assert "/cases/102/follow" not in site.get("/cases/102").text
    for answer in (
        site.get("/cases/102/follow"),
        site.post("/cases/102/follow", data={"email": ADDRESS}),
    ):
        assert heading(answer) == "This case is closed"
    with portal.core.connect() as connection:
        assert connection.execute(text("select count(*) from followers")).scalar_one() == 0


@pytest.mark.parametrize(
    "path",
    [
        "/cases/999/follow",
        "/following/nobody",
        "/following/" + "x" * 5_000,
        "/following/%00",
        "/following/🦊",
    ],
)
def test_what_there_is_not_is_a_404(site, path):
    assert site.get(path).status_code == 404
    if path.startswith("/following"):
        assert site.post(path, data={"do": "confirm"}).status_code == 404


def test_a_button_there_is_not_is_a_400(site, link):
    assert site.post(link(), data={"do": "everything"}).status_code == 400


def test_where_no_emails_can_be_sent_nothing_offers_to_follow(portal, add_case, publish, client):
    add_case("101")
    publish()
    assert "/follow" not in client.get("/cases/101").text
    assert client.get("/cases/101/follow").status_code == 404


def test_too_many_from_one_household_are_told_to_come_back(site):
    household = {"REMOTE_ADDR": "93.184.216.34"}
    for n in range(10):
        assert (
            site.post(
                "/cases/101/follow", data={"email": f"n{n}@example.org"}, environ_base=household
            ).status_code
            == 200
        )
    answer = site.post("/cases/101/follow", data={"email": ADDRESS}, environ_base=household)
    assert answer.status_code == 429
    assert heading(answer) == "Not just now"


def test_a_portal_that_writes_no_emails_promises_none(portal, site, link):
    """Its mail server may be gone since people gave their addresses."""
    path = link()
    assert "write to you when" in site.get(path).text
    portal.settings = portal.settings.model_copy(update={"smtp_url": ""})
    for confirm in (False, True):
        if confirm:
            site.post(path, data={"do": "confirm"})
        page = site.get(path).text
        assert "write to you when" not in page
        assert "can’t send e-mails now" in page
        assert 'value="stop"' in page
    assert site.get("/cases/101/follow").status_code == 404
    assert "/cases/101/follow" not in site.get("/cases/101").text
