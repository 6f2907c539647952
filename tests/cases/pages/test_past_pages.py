"""Lists, cases and places as of a past day."""

from __future__ import annotations

import pytest
from lxml import html as parser

from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tests.support.days import Teller, at_day
from tests.sync.support import record


@pytest.fixture
def tell(portal, city):
    """On March 1 two potholes; on the 3rd 101 is closed and 102 becomes graffiti elsewhere."""
    tell = Teller(portal, city)
    first = {"opened_at": at_day(-2), "updated_at": at_day(-2), "neighborhood": "Roxbury"}
    tell(
        1,
        record("101", **first, note="Deep", target_at=at_day(2)),
        record("102", **first, address="5 Adams St"),
    )
    tell(
        3,
        record(
            "101",
            **first | {"updated_at": at_day(3)},
            note="Filled",
            status="closed",
            closed_at=at_day(3),
            target_at=at_day(9),
        ),
        record(
            "102",
            **first | {"updated_at": at_day(3), "neighborhood": "Mattapan"},
            service_code="Graffiti",
            service_name="Graffiti",
            address="9 Oak St",
        ),
    )
    tell(5, record("103", opened_at=at_day(5), updated_at=at_day(5), neighborhood="Roxbury"))
    return tell


def page(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, path
    return parser.fromstring(answer.data)


def words(root):
    return " ".join(" ".join(root.xpath("//main//text()")).split())


def cards(root):
    return [link.get("href") for link in root.xpath("//article//h2/a")]


def test_a_list_as_of_a_day_has_what_was_known_then(client, tell):
    root = page(client, "/cases?as_of=2026-03-02")
    assert cards(root) == ["/cases/102?as_of=2026-03-02", "/cases/101?as_of=2026-03-02"]
    said = words(root)
    assert "As the portal knew it on 2 March 2026" in said or "March 2, 2026" in said
    assert "5 Adams St" in said and "9 Oak St" not in said
    assert "Deep" in said and "Filled" not in said
    assert "2 cases in Smallville" in said
    assert root.xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_filters_mean_what_was_known_then(client, tell):
    def shown(query):
        return [link[7:10] for link in cards(page(client, f"/cases?{query}&as_of=2026-03-02"))]

    assert shown("status=open") == ["102", "101"]
    assert shown("status=closed") == []
    assert shown("service=graffiti") == []
    assert shown("neighborhood=roxbury&sort=oldest") == ["101", "102"]
    assert [
        link[7:10] for link in cards(page(client, "/cases?status=closed&as_of=2026-03-03"))
    ] == ["101"]


def test_overdue_is_what_was_overdue_when_the_day_ended(client, tell):
    assert cards(page(client, "/cases?status=overdue&as_of=2026-03-01")) == []
    assert cards(page(client, "/cases?status=overdue&as_of=2026-03-02")) == [
        "/cases/101?as_of=2026-03-02"
    ]


def test_forms_and_links_keep_the_day_and_one_link_leads_back(client, tell):
    root = page(client, "/cases?as_of=2026-03-02&status=open")
    assert root.xpath("//form//input[@name='as_of']/@value") == ["2026-03-02"]
    assert root.xpath("//aside//a/@href") == ["/cases?status=open"]
    assert root.xpath("//a[text()='Clear']/@href") == ["/cases?as_of=2026-03-02"]


def test_a_case_as_of_a_day_has_the_values_of_then(client, tell):
    then, now = (
        words(page(client, "/cases/101?as_of=2026-03-02")),
        words(page(client, "/cases/101")),
    )
    assert "Deep" in then and "Filled" not in then
    assert "Closed by the city" not in then and "Closed by the city" in now
    assert "Status changed" not in then and "Status changed" in now
    assert "Filled" in now


def test_a_case_that_came_later_was_not_known(client, tell):
    said = words(page(client, "/cases/103?as_of=2026-03-02", status=404))
    assert "We did not know this case yet" in said


def test_places_as_of_a_day_count_what_was_known_then(client, tell):
    then = page(client, "/places?as_of=2026-03-02")
    rows = [" ".join(row.itertext()) for row in then.xpath("//tbody/tr")]
    assert [row.split()[:2] for row in rows] == [["Mattapan", "0"], ["Roxbury", "2"]]
    assert "/places/roxbury?as_of=2026-03-02" in then.xpath("//main//a/@href")
    assert "2 open cases" in words(page(client, "/places/roxbury?as_of=2026-03-02"))
    assert "1 open case" in words(page(client, "/places/roxbury"))


@pytest.mark.parametrize(
    ("day", "status", "said"),
    [
        ("2026-02-27", 404, "The portal knew nothing yet on 2026-02-27"),
        ("2099-01-01", 400, "2099-01-01 has not come yet"),
        ("2026-3-2", 400, "We do not understand the date"),
        ("soon", 400, "We do not understand the date"),
    ],
)
def test_a_day_that_cannot_be_looked_back_at_is_refused_with_a_sentence(
    client, tell, day, status, said
):
    for path in ("/cases", "/cases/101", "/places", "/places/roxbury"):
        assert said in words(page(client, f"{path}?as_of={day}", status))


def test_what_has_no_history_is_refused(client, tell):
    assert "as they are today" in words(page(client, "/cases?q=deep&as_of=2026-03-02", 400))
    assert "is not kept" in words(page(client, "/cases?sort=followed&as_of=2026-03-02", 400))


def test_a_page_that_cannot_look_back_says_so(client, tell):
    assert "as_of" in " ".join(page(client, "/status?as_of=2026-03-02").itertext())
    assert client.get("/tiles/10/309/379.json?as_of=2026-03-02").status_code == 400


def test_what_is_hidden_now_is_hidden_on_every_past_day(client, portal, city, tell):
    now = int(at_day(9).timestamp())
    moderation.hold_case(portal, city, "102", Act("ana", "private", now))
    moderation.hide_words(portal, city, "101", "note", "Filled", Act("ana", "private", now))
    tell.publish()
    for day in range(1, 6):
        said = words(page(client, f"/cases?as_of=2026-03-0{day}"))
        assert "Adams" not in said and "Oak" not in said and "Filled" not in said
        assert "Deep" not in said, "the history of a hidden text is gone"
        page(client, f"/cases/102?as_of=2026-03-0{day}", status=404)


def test_the_next_page_goes_on_as_of_the_same_day(client, portal, city):
    tell = Teller(portal, city)
    records = [
        record(str(number), opened_at=at_day(-number), updated_at=at_day(-number))
        for number in range(101, 161)
    ]
    tell(1, *records)
    first = page(client, "/cases?as_of=2026-03-02")
    (more,) = first.xpath("//a[@rel='next']/@href")
    assert "as_of=2026-03-02" in more
    assert len(cards(first)) == 50
    assert len(cards(page(client, more))) == 10
