"""What the JSON API refuses: always a problem of RFC 9457, which names the parameter at fault."""

from __future__ import annotations

import pytest

from tests.data.api.conftest import API

AT_FAULT = {
    "/cases?fields=case_id,secret": "fields",
    "/cases?limit=0": "limit",
    "/cases?limit=1001": "limit",
    "/cases?limit=%C2%B2": "limit",
    "/cases?after=x": "after",
    "/cases?after=1~": "after",
    "/cases?page=2": "page",
    "/cases?format=csv": "format",
    "/cases?status=odd": "status",
    "/cases?start=2026-13-01": "start",
    "/cases?start=2026-11-30&end=2026-11-01": "start",
    "/cases?status=open&bbox=1,2,3": "bbox",
    "/cases?photo=yes&photo=no": "photo",
    "/cases?sort=odd": "sort",
    "/cases?sort=closest": "lat",
    "/cases?sort=closest&lat=42&lon=999": "lon",
    "/cases?lat=42": "lat",
    "/cases?q=" + "x" * 121: "q",
    "/changes?days=93": "days",
    "/changes?until=yesterday": "until",
    "/changes?status=odd": "status",
    "/counts": "group_by",
    "/counts?group_by=followers": "group_by",
    "/counts?group_by=status,photo,service": "group_by",
    "/revisions?since=yesterday": "since",
    "/revisions?since=2026-11-30T10:00": "since",
    "/revisions?after=1~visibility~101": "after",
    "/services?status=open": "status",
    "/openapi.json?v=3": "v",
}


def check_problem(answer, status: int) -> dict:
    """The problem that an answer is."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    problem = answer.get_json(force=True)
    assert {"type", "title", "status", "detail", "instance"} <= set(problem)
    assert problem["status"] == status and problem["detail"].endswith((".", ")"))
    assert answer.headers["Cache-Control"] == "no-store"
    return problem


def test_every_refusal_names_the_parameter_at_fault(ask, cases, subtests):
    for path, parameter in AT_FAULT.items():
        with subtests.test(path):
            problem = check_problem(ask(path), 400)
            assert problem["parameter"] == parameter
            assert problem["instance"] == API + path.partition("?")[0]


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v2/cases", f"{API}/case", f"{API}/cases/9/x"]
)
def test_nothing_below_api_is_ever_html(client, cases, path):
    check_problem(client.get(path, headers={"Accept": "text/html"}), 404)


def test_a_method_that_is_not_taken_is_refused_with_those_that_are(client, subtests):
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
        with subtests.test(method):
            answer = client.open(f"{API}/cases", method=method)
            check_problem(answer, 405)
            assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_before_the_first_facts_the_api_says_when_to_ask_again(ask):
    answer = ask("/cases")
    problem = check_problem(answer, 503)
    assert answer.headers["Retry-After"] and "facts" not in problem["detail"]


def test_a_host_that_is_not_ours_gets_a_problem(client):
    check_problem(client.get(f"{API}/cases", headers={"Host": "evil.example"}), 400)


def test_refusals_are_in_english_whatever_the_browser_asks_for(client, cases):
    answer = client.get(f"{API}/cases?limit=0", headers={"Accept-Language": "es"})
    assert "whole number" in check_problem(answer, 400)["detail"]


def test_a_failure_of_ours_is_a_problem_with_the_id_of_the_request(client, portal, cases):
    def broken(*_args):
        raise RuntimeError("broken")

    portal.facts = broken
    problem = check_problem(client.get(f"{API}/cases"), 500)
    assert problem["request"] and "broken" not in problem["detail"]


def test_no_refusal_shows_a_hole_of_its_sentence(ask, cases):
    for path in AT_FAULT:
        assert "{" not in ask(path).get_json(force=True)["detail"]
