"""Compare: shares by hand, a reversal built on purpose, and what is asked in odd ways."""

from __future__ import annotations

import csv
import re
from datetime import UTC, timedelta
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from app import create_app
from portal.domain.filters import CaseFilter
from portal.domain.same_mix import share_by, share_of, with_same_mix
from portal.filter_sql import Selection
from portal.queries.performance.compare import Asked, read_comparison
from portal.queries.performance.compare_file import COLUMNS
from tests.conftest import NOW
from tests.support.examples import examples
from tests.support.pages import database, publish  # noqa: F401

PATH = "/performance/compare"
BOTH = f"{PATH}?neighborhood=roxbury,dorchester"


@pytest.fixture
def client(portal):
    return create_app(portal.settings, portal, clock=NOW.timestamp).server.test_client()


@pytest.fixture
def read(client):
    def get(address: str, status: int = 200):
        answer = client.get(address)
        assert answer.status_code == status, answer.text[:500]
        return html.fromstring(answer.text)

    return get


@pytest.fixture
def add_many(add_case):
    """add_many("Roxbury", "Pothole", 40, closed=30): opened 90 days ago, 30 closed a day later."""
    numbers = iter(range(1_000, 9_000))

    def add(place: str, service: str, cases: int, closed: int, days_ago: int = 90) -> None:
        opened = NOW.astimezone(UTC) - timedelta(days=days_ago)
        for number in range(cases):
            add_case(
                str(next(numbers)),
                opened=opened.isoformat(),
                closed=(opened + timedelta(days=1)).isoformat() if number < closed else None,
                neighborhood=place,
                service=service,
            )

    return add


@pytest.fixture
def reversed_mix(add_many, publish):  # noqa: F811
    """Roxbury closes more of all cases, fewer of potholes (80, 95%) and of trees (10, 30%)."""
    add_many("Roxbury", "Pothole", 140, closed=112)
    add_many("Roxbury", "Fallen tree", 20, closed=2)
    add_many("Dorchester", "Pothole", 40, closed=38)
    add_many("Dorchester", "Fallen tree", 110, closed=33)
    publish()


@pytest.fixture
def ask(portal, city):
    def read(*slugs: str, mix: str = "service"):
        asked = [
            Asked(slug, slug, Selection(CaseFilter(neighborhood=(slug,)), city.zone))
            for slug in slugs
        ]
        return read_comparison(portal.facts(city.id), asked, mix)

    return read


def test_a_reversal_by_hand(ask, reversed_mix):
    found = ask("roxbury", "dorchester")
    roxbury, dorchester = found.groups
    assert roxbury.pooled.value == pytest.approx(114 / 160)
    assert dorchester.pooled.value == pytest.approx(71 / 150)
    # The common mix: 180 potholes and 130 trees of 310.
    assert roxbury.same_mix.value == pytest.approx((180 * 0.8 + 130 * 0.1) / 310)
    assert dorchester.same_mix.value == pytest.approx((180 * 0.95 + 130 * 0.3) / 310)
    (reversal,) = found.reversals
    assert (reversal.ahead, reversal.behind) == (roxbury, dorchester) and reversal.in_every_kind


def test_the_page_says_why_they_reverse(read, reversed_mix):
    said = read(BOTH).xpath("//div[contains(@class, 'notice-warning')]")[0].text_content()
    assert "Roxbury closes a larger share within 30 days than Dorchester" in said
    assert "every single kind" in said


def test_the_same_mix_of_the_same_mix_is_the_whole(ask, add_many, publish):  # noqa: F811
    for place in ("Roxbury", "Dorchester"):
        add_many(place, "Pothole", 60, closed=30)
        add_many(place, "Graffiti", 30, closed=20)
    publish()
    for group in ask("roxbury", "dorchester").groups:
        assert group.same_mix.value == pytest.approx(group.pooled.value) == pytest.approx(50 / 90)
        assert group.covered == 1
    assert ask("roxbury", "dorchester").reversals == []


def test_too_little_in_common_gives_no_same_mix(read, ask, add_many, publish):  # noqa: F811
    add_many("Roxbury", "Pothole", 60, closed=30)
    add_many("Roxbury", "Graffiti", 20, closed=10)
    add_many("Dorchester", "Graffiti", 20, closed=10)
    add_many("Dorchester", "Fallen tree", 60, closed=10)
    publish()
    assert all(group.same_mix is None for group in ask("roxbury", "dorchester").groups)
    assert "too few kinds of cases in common" in read(BOTH).xpath("//main")[0].text_content()


def test_each_count_leads_to_as_many_cases(read, reversed_mix):
    links = read(BOTH).xpath("//section[h2='Side by side']//td/a")
    assert len(links) == 2
    for link in links:
        listed = read(link.get("href")).xpath("//h1")[0].text_content()
        assert link.text == re.search(r"[\d,]+", listed)[0]


def test_the_file_has_the_numbers_of_the_page(client, read, reversed_mix):
    rows = list(csv.DictReader(StringIO(client.get(BOTH.replace("?", ".csv?")).text)))
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["name"], row["opened"], row["closed_in_30_days_pct"]) for row in rows] == [
        ("Dorchester", "150", "47.3"),
        ("Roxbury", "160", "71.2"),
    ]
    cells = read(BOTH).xpath("//section[h2='Side by side']//tbody/tr/td[4]")
    assert [cell.text for cell in cells] == ["47%", "71%"]


def test_periods_stand_in_the_order_asked(read, add_many, publish):  # noqa: F811
    add_many("Roxbury", "Pothole", 40, closed=10, days_ago=60)
    add_many("Roxbury", "Pothole", 50, closed=40, days_ago=300)
    publish()
    page = read(f"{PATH}?period=2026-09-01..2026-11-22&period=2026-01-01..2026-06-30")
    counts = page.xpath("//section[h2='Side by side']//td/a/text()")
    assert counts == ["40", "50"]


def test_types_are_compared_with_the_same_mix_of_places(read, reversed_mix):
    page = read(f"{PATH}?service=pothole,fallen-tree")
    assert page.xpath("//section[h2='Side by side']//tbody/tr/th/text()") == [
        "Fallen tree",
        "Pothole",
    ]
    assert page.xpath("//details[summary/h2]//tbody/tr/th/text()") == ["Roxbury", "Dorchester"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Choose two to six things to compare."),
        ("?neighborhood=roxbury", "Choose two to six things to compare."),
        ("?neighborhood=roxbury,roxbury", "Choose two to six things to compare."),
        ("?neighborhood=roxbury&neighborhood=atlantis", "The city has no “atlantis” here."),
        ("?neighborhood=a,b,c,d,e,f,g", "The city has no “a” here."),
        ("?period=2026-01-01..2026-02-01", "Choose two to six things to compare."),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(read, reversed_mix, query, said):
    assert said in read(PATH + query).xpath("//main")[0].text_content()


def test_seven_cannot_be_told_apart(read, add_many, publish):  # noqa: F811
    for place in "ABCDEFG":
        add_many(place, "Pothole", 1, closed=0)
    publish()
    said = read(f"{PATH}?neighborhood=a,b,c,d,e,f,g").xpath("//main")[0].text_content()
    assert "More than six cannot be told apart." in said


@pytest.mark.parametrize(
    "period", ["x", "2026-02-30..2026-03-01", "2026-03-01..2026-01-01", "0001-01-01..9999-12-31"]
)
def test_what_is_no_period_is_refused(read, reversed_mix, period):
    read(f"{PATH}?period={period}", status=400)


def test_groups_without_a_case_one_case_and_none_closed_have_dashes(
    read,
    add_many,
    publish,  # noqa: F811
):
    add_many("Roxbury", "Pothole", 1, closed=0)
    add_many("Dorchester", "Pothole", 40, closed=0)
    publish()
    for query in ("", "&start=2030-01-01"):
        text = read(BOTH + query).xpath("//main")[0].text_content()
        assert "–" in text and "NaN" not in text and "None" not in text


def test_a_file_of_nothing_to_compare_is_refused(client, read, publish):  # noqa: F811
    assert client.get(f"{PATH}.csv").status_code in (400, 503)
    publish()
    assert client.get(f"{PATH}.csv").status_code == 400
    read(PATH, status=503)  # as everywhere before a case


def test_a_share_by_a_day_by_hand():
    share = share_by({1: 6, 4: 2, 40: 1}, {30: 3}, 30)
    assert share and share.value == pytest.approx(8 / 12)
    assert share.variance == pytest.approx(8 / 12 * 4 / 12 / 12)
    assert share_by({}, {3: 40}, 30) is None and share_by({}, {}, 30) is None


def test_a_share_of_all_or_none_is_not_certain():
    for share in (share_by({1: 10}, {}, 30), share_by({}, {40: 10}, 30), share_of(0, 10)):
        assert share and share.variance > 0 and share.high > share.low


counts = st.dictionaries(st.integers(0, 60), st.integers(1, 9), max_size=6)


@examples(100)
@given(counts, counts)
def test_a_share_lies_within_its_interval(ended, not_ended):
    share = share_by(ended, not_ended, 30)
    if share:
        assert 0 <= share.low <= share.value <= share.high <= 1


def test_the_weights_are_relative():
    shares = {"a": share_of(5, 10), "b": share_of(10, 10)}
    one, other = (with_same_mix(shares, {"a": w, "b": 3 * w}) for w in (1.0, 20.0))
    assert one and one == other and one.value == pytest.approx(0.875)
    assert with_same_mix({}, {}) is None
