"""What has just been hidden is in no file and no answer, also while the worker is away.

No test here publishes or runs a job after the hiding, unless it says so.
"""

from __future__ import annotations

import pytest

from portal.datasets.freeze import freeze
from portal.publication.formats import FORMATS
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tests.conftest import NOW

AT = int(NOW.timestamp())
ACT = Act("Ana", "names a neighbor", AT + 60)
FROM_FACTS = (
    *(f"/cases.{suffix}" for suffix in FORMATS),
    "/cases.csv?as_of=2026-11-23",
    "/data/columns",
    "/api/v1/revisions",
    "/api/v1/cases/102",
)


@pytest.fixture
def ask(app):
    """The clock of the answers is the real one; the cases came in at NOW."""
    return app.server.test_client().get


def status_of(answer) -> int:
    """Of a file that was read to its end: until then its turn is taken."""
    assert answer.data is not None
    return answer.status_code


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("hide", ["a case", "words"])
def test_no_file_is_made_while_what_was_hidden_is_still_in_the_facts(
    ask, cases, portal, city, publish, hide, subtests
):
    before = {address: status_of(ask(address)) for address in FROM_FACTS}
    if hide == "a case":
        moderation.hold_case(portal, city, "101", ACT)
    else:
        moderation.hide_words(portal, city, "101", "note", '"very" deep', ACT)
    for address in FROM_FACTS:
        with subtests.test(address):
            answer = ask(address)
            assert answer.status_code == 503 and b"very" not in answer.data
    publish()
    assert {address: status_of(ask(address)) for address in FROM_FACTS} == before
    assert b"very" not in ask("/cases.csv").data


def test_a_report_that_was_never_public_holds_up_no_file(ask, cases, add_case):
    before = ask("/cases.csv")
    add_case("109", visibility="held", note="SECRET")
    after = ask("/cases.csv")
    assert (after.status_code, after.data) == (200, before.data)
    assert after.headers["ETag"] == before.headers["ETag"]


def test_a_public_change_holds_up_no_file(ask, cases, add_case):
    before = ask("/cases.csv").data
    add_case("110", note="Wide")
    assert ask("/cases.csv").data == before


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_frozen_file_with_a_hidden_case_is_gone_before_the_worker_looks(ask, cases, portal, city):
    version = freeze(portal, city, AT)
    address = f"/data/cases/{version}/cases.parquet"
    assert ask(address).status_code == 200
    moderation.hold_case(portal, city, "101", ACT)
    assert ask(address).status_code == 410


@pytest.mark.parametrize(
    "address",
    [
        "/cases.csv",
        "/cases/101/history.csv",
        "/cases/101/history.json",
        "/changes.atom",
        "/embed/list",
        "/api/v1/cases",
        "/open311/v2/requests.json",
    ],
)
def test_no_cache_keeps_peoples_words_without_asking(ask, cases, address):
    """The feed, histories and frames were kept for five minutes, whatever was hidden meanwhile."""
    answer = ask(address)
    assert answer.status_code == 200
    assert "no-cache" in answer.headers["Cache-Control"]
    assert ask(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
