"""Files as of a past day: the rows that the portal knew when it ended."""

from __future__ import annotations

import pytest

from tests.cases.pages.test_past_pages import tell  # noqa: F401
from tests.data.test_downloads import READERS, rows_of


def test_files_of_a_past_day_have_the_rows_of_its_list(client, tell, subtests):  # noqa: F811
    past = {
        row["case_id"]: (row["status"], row["service"], row["neighborhood"], row["address"])
        for row in rows_of(client, "csv", "?as_of=2026-03-02")
    }
    assert past == {
        "101": ("open", past["101"][1], "Roxbury", past["101"][3]),
        "102": ("open", past["101"][1], "Roxbury", "5 Adams St"),
    }
    for suffix in READERS:
        with subtests.test(suffix):
            rows = rows_of(client, suffix, "?as_of=2026-03-02")
            assert rows == rows_of(client, "csv", "?as_of=2026-03-02")


def test_the_file_says_which_day_it_is_of(client, tell):  # noqa: F811
    about = client.get("/cases.meta.json?as_of=2026-03-02").get_json()
    assert about["title"] == "2 cases in Smallville · As the portal knew it on 2 March 2026"
    assert about["known_on"] == "2026-03-02"
    assert about["permalink"].endswith("/cases?as_of=2026-03-02")
    answer = client.get("/cases.csv?as_of=2026-03-02")
    assert "smallville-cases-2026-03-02.csv" in answer.headers["Content-Disposition"]
    assert answer.headers["ETag"] != client.get("/cases.csv?as_of=2026-03-03").headers["ETag"]


@pytest.mark.parametrize(
    ("query", "status"),
    [("as_of=yesterday", 400), ("as_of=2020-01-01", 404), ("as_of=2090-01-01", 400)],
)
def test_a_day_that_cannot_be_looked_back_at_is_refused(client, tell, query, status):  # noqa: F811
    assert client.get(f"/cases.csv?{query}").status_code == status


def test_the_list_of_a_past_day_offers_the_files_of_that_day(client, tell):  # noqa: F811
    page = client.get("/cases?as_of=2026-03-02").get_data(as_text=True)
    assert 'href="/cases.csv?as_of=2026-03-02"' in page
