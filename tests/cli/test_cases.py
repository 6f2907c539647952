"""The commands `cases`, `facts` and `bench-data`, as typed."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from portal.__main__ import cli


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs a command in a portal of Boston with 300 invented cases, and gives what it printed."""
    folder = tmp_path_factory.mktemp("var")

    def call(*words: str, exit_code: int = 0) -> str:
        environment = {
            "PORTAL_DATA_DIR": str(folder),
            "PORTAL_DATABASE_URL": "",
            "PORTAL_SECRET_KEY": "test",
            "PORTAL_JURISDICTIONS": "boston",
        }
        answer = CliRunner(env=environment).invoke(cli, words)
        assert answer.exit_code == exit_code, answer.output
        return answer.output

    call("bench-data", "boston", "--cases", "300")
    return call


def test_count_of_all_is_the_sum_of_the_parts(run):
    counts = [
        int(run("cases", "boston", query, "--count"))
        for query in ("", "status=open", "status=in_progress", "status=closed")
    ]
    assert counts[0] == 300 == sum(counts[1:])


def test_json_is_one_case_a_line_newest_first(run):
    cases = [
        json.loads(line)
        for line in run("cases", "boston", "status=closed", "--json", "--limit", "5").splitlines()
    ]
    assert len(cases) == 5
    assert {case["status"] for case in cases} == {"closed"}
    assert [case["opened_at"] for case in cases] == sorted(
        (case["opened_at"] for case in cases), reverse=True
    )


def test_list_is_one_case_a_line(run):
    assert len(run("cases", "boston").splitlines()) == 50


def test_filter_that_is_not_understood_is_refused(run):
    assert run("cases", "boston", "color=red", exit_code=1) == ""


def test_facts_are_verified_and_rebuilt(run):
    assert run("facts", "verify", "boston") == "boston: facts and store say the same\n"
    assert "boston: 300 public cases, data version 1" in run("facts", "rebuild", "boston")


def test_invented_cases_are_not_stored_twice(run):
    run("bench-data", "boston", "--cases", "5", exit_code=1)


def test_counts_by_a_field_add_up_to_all_cases_most_first(run):
    rows = [
        json.loads(line)
        for line in run("cases", "boston", "--by", "neighborhood", "--json").splitlines()
    ]
    assert sum(row["cases"] for row in rows) == 300
    assert [row["cases"] for row in rows] == sorted((row["cases"] for row in rows), reverse=True)
    assert sum(row["open_cases"] for row in rows) == int(
        run("cases", "boston", "status=open,in_progress", "--count")
    )


def test_counts_by_a_field_are_one_value_a_line(run):
    lines = run("cases", "boston", "status=closed", "--by", "service").splitlines()
    assert lines
    assert all(" open  " in line for line in lines)


def test_a_field_that_cases_are_not_counted_by_is_refused(run):
    assert "is not one of" in run("cases", "boston", "--by", "color", exit_code=2)
