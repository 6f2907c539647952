"""The weekly check of open cases, over what New York's and Boston's systems really answered."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data_sync.pull.run import sync_city
from portal import jurisdictions
from tests.sources.conftest import answer_of
from tests.sources.test_boston import Ckan
from tests.sync.support import public_rows_of, rows_of

FIRST_DAY = datetime(2024, 5, 28, 12, 0, tzinfo=UTC)


class Soda:
    """A table that answers the first page, what was published since, and lists of numbers."""

    def __init__(self, rows: list[dict]) -> None:
        published = {":updated_at": "2024-05-28T06:00:00.000Z"}
        self.rows = [
            {**row, **published, ":id": f"row-{number:05}"} for number, row in enumerate(rows)
        ]
        self.lists = []

    def __call__(self, url, params=None, headers=None, json=None):
        where = (params or {}).get("$where", "")
        rows = self.rows
        if start := re.search(r":updated_at > '([^']*)'", where):
            rows = [row for row in rows if row[":updated_at"] > start[1]]
        if numbers := re.fullmatch(r"unique_key in \((.*)\)", where):
            self.lists.append(re.findall("'([^']*)'", numbers[1]))
            rows = [row for row in rows if row["unique_key"] in self.lists[-1]]
        return answer_of(rows, url)


def public_cases(portal) -> set[str]:
    return {case for (case,) in public_rows_of(portal, "select case_id from public_cases")}


def weeks_of(portal, city, network):
    """sync(week) is the sync of that week, and what is public after it."""

    def sync(week: int) -> set[str]:
        report = sync_city(
            portal,
            city,
            fetch=network,
            now=lambda: FIRST_DAY + timedelta(days=7 * week, minutes=week),
        )
        assert report.problems == []
        return public_cases(portal)

    return sync


def test_a_case_that_new_york_drops_is_withdrawn_after_two_looks_and_comes_back_when_shown_again(
    portal, real_data
):
    recorded = json.loads(
        (real_data / "feeds" / "soda2_nyc_erm2-nwe9_1000_2024-05-27.json").read_text()
    )
    (table,) = jurisdictions.load("nyc").sources
    city = replace(
        jurisdictions.load("nyc"), boundaries=(), sources=({**table, "opened_since": "2024-01-01"},)
    )
    soda = Soda(recorded)
    sync = weeks_of(portal, city, soda)
    everything = sync(0)
    assert soda.lists == []
    (dropped,) = (row for row in soda.rows if row["unique_key"] == "61276295")
    soda.rows.remove(dropped)
    assert sync(1) == everything
    assert [len(numbers) for numbers in soda.lists] == [200, 123], "323 of the thousand are open"
    assert sync(2) == everything - {"61276295"}
    assert rows_of(portal, "select visibility from cases where case_id = '61276295'") == [
        ("withdrawn",)
    ]
    soda.rows.append(dropped)
    assert sync(3) == everything


def test_a_case_that_boston_drops_is_withdrawn_after_two_looks_and_comes_back_when_shown_again(
    portal, real_data
):
    with (real_data / "boston" / "boston_2022_100_rows.csv").open(
        newline="", encoding="utf-8"
    ) as file:
        rows = list(csv.DictReader(file))
    (table,) = jurisdictions.load("boston").sources
    year = {"2022": table["years"]["2022"]}
    city = replace(jurisdictions.load("boston"), boundaries=(), sources=({**table, "years": year},))
    new_system = dict.fromkeys(
        [
            "case_id",
            "open_date",
            "case_topic",
            "service_name",
            "case_status",
            "close_date",
            "target_close_date",
            "latitude",
        ],
        "",
    )
    ckan = Ckan(city, new=[new_system], y2022=rows)
    ckan.store.execute(f'delete from "{table["new_system"]}"')
    sync = weeks_of(portal, city, ckan)
    everything = sync(0)
    dropped = next(
        row for row in rows if row["case_status"] == "Open" and row["case_enquiry_id"] in everything
    )
    number, name = dropped["case_enquiry_id"], year["2022"]
    ckan.store.execute(f'delete from "{name}" where case_enquiry_id = ?', (number,))
    ckan.sql.clear()
    assert sync(1) == everything
    assert [sql for sql in ckan.sql if " IN " in sql] == [
        f'SELECT * FROM "{asked}" WHERE "case_enquiry_id" IN (\'{number}\')'.replace(
            "case_enquiry_id", column
        )
        for asked, column in ((table["new_system"], "case_id"), (name, "case_enquiry_id"))
    ], "the walk had just read the other open cases again"
    assert sync(2) == everything - {number}
    marks = ",".join("?" * len(dropped))
    ckan.store.execute(f'insert into "{name}" values ({marks})', tuple(dropped.values()))
    assert sync(3) == everything


@pytest.mark.parametrize("status", [404, 500])
def test_a_look_that_gets_no_answer_misses_nothing(portal, real_data, status):
    recorded = json.loads(
        (real_data / "feeds" / "soda2_nyc_erm2-nwe9_1000_2024-05-27.json").read_text()
    )
    city = replace(jurisdictions.load("nyc"), boundaries=())
    soda = Soda(recorded)

    def fetch(url, params=None, **_rest):
        return (
            answer_of("gone", url, status)
            if " in (" in (params or {}).get("$where", "")
            else soda(url, params)
        )

    weeks_of(portal, city, soda)(0)
    report = sync_city(
        portal, city, fetch=fetch, now=lambda: FIRST_DAY + timedelta(days=7, minutes=1)
    )
    assert report.has_failed
    assert f"answered {status}" in report.problems[0]
    assert rows_of(
        portal, "select count(*) from quarantine where reason = 'missing_at_source'"
    ) == [(0,)]


def test_a_day_on_which_the_city_does_not_answer_does_not_use_up_the_weeks_look(portal, real_data):
    recorded = json.loads(
        (real_data / "feeds" / "soda2_nyc_erm2-nwe9_1000_2024-05-27.json").read_text()
    )
    city = replace(jurisdictions.load("nyc"), boundaries=())
    soda = Soda(recorded)
    sync = weeks_of(portal, city, soda)
    sync(0)
    week_later = FIRST_DAY + timedelta(days=7, minutes=1)
    assert sync_city(
        portal, city, fetch=lambda url, **_: answer_of("down", url, 404), now=lambda: week_later
    ).has_failed
    sync_city(portal, city, fetch=soda, now=lambda: week_later + timedelta(minutes=5))
    assert [len(numbers) for numbers in soda.lists] == [200, 123]
