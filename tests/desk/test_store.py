"""The desk's verbs: what they change, and what they refuse."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from data_sync.desk import store
from data_sync.desk.errors import DeskError, UnknownCase, UnknownService, WrongState
from data_sync.desk.models import History, open_desk, write
from data_sync.desk.records import DeskCase, DeskService, NewCase


def row(desk, request_id):
    with desk.connect() as connection:
        return store.case_row(connection, request_id)


def test_a_case_goes_from_report_to_closing_and_its_history_says_so(desk, clock, pothole):
    store.take_case(desk, pothole, actor="Ana", now=clock())
    clock.pass_hours(3)
    store.close_case(desk, pothole, "Fixed", actor="Ana", now=clock())
    case = row(desk, pothole)
    assert (case.status, case.closed_at - case.requested_at, case.closure_reason) == (
        "closed",
        3 * 3600,
        "Fixed",
    )
    with desk.connect() as connection:
        assert list(connection.execute(select(History.verb).order_by(History.id)).scalars()) == [
            "reported",
            "taken",
            "closed",
        ]


def test_a_reopened_case_has_no_closing(desk, clock, pothole):
    store.close_case(desk, pothole, "Fixed", actor="Ana", now=clock())
    store.reopen_case(desk, pothole, "It is back", actor="Ana", now=clock())
    assert (row(desk, pothole).status, row(desk, pothole).closed_at) == ("open", None)


def test_another_queue_brings_its_department(desk, clock, pothole):
    store.move_to_queue(desk, pothole, "Lights", actor="Ana", now=clock())
    assert (row(desk, pothole).queue, row(desk, pothole).department) == ("Lights", "Lighting")


def test_what_cannot_be_is_refused_and_changes_nothing(desk, clock, pothole):
    acts = {"actor": "Ana", "now": clock()}
    with pytest.raises(DeskError, match="no queue"):
        store.move_to_queue(desk, pothole, "Nowhere", **acts)
    with pytest.raises(DeskError, match="reason"):
        store.close_case(desk, pothole, "  ", **acts)
    with pytest.raises(WrongState, match="open already"):
        store.reopen_case(desk, pothole, "", **acts)
    with pytest.raises(DeskError, match="empty"):
        store.add_note(desk, pothole, "\x00 ", is_public=True, **acts)
    with pytest.raises(UnknownCase):
        store.take_case(desk, "26-99999999", **acts)
    with pytest.raises(UnknownService):
        store.report_case(desk, NewCase(service_code="nope"), **acts)
    store.close_case(desk, pothole, "Fixed", **acts)
    with pytest.raises(WrongState, match="Reopen it first"):
        store.take_case(desk, pothole, **acts)


def test_the_last_change_never_goes_back_when_the_clock_does(desk, clock, pothole):
    store.add_note(
        desk, pothole, "later", actor="Ana", now=clock() + timedelta(hours=2), is_public=False
    )
    store.add_note(desk, pothole, "clock set back", actor="Ana", now=clock(), is_public=False)
    assert row(desk, pothole).updated_at == int(
        (clock() + timedelta(hours=2, seconds=1)).timestamp()
    )


def test_each_change_of_one_second_is_later_than_the_one_before(desk, clock, pothole):
    """A sync that read the first takes the second as newer, whichever hash is greater."""
    began, changes = row(desk, pothole).updated_at, []
    for change in (
        lambda: store.take_case(desk, pothole, actor="Ana", now=clock()),
        lambda: store.add_note(desk, pothole, "Seen", actor="Ana", now=clock(), is_public=True),
        lambda: store.close_case(desk, pothole, "Fixed", actor="Ana", now=clock()),
        lambda: store.reopen_case(desk, pothole, "Not yet", actor="Ana", now=clock()),
    ):
        change()
        changes.append(row(desk, pothole).updated_at - began)
    assert changes == [1, 2, 3, 4]


@pytest.fixture
def dark_light(clock):
    """A record of a street light that is out."""
    return DeskCase(
        "26-00004711",
        "light",
        "",
        "",
        None,
        None,
        clock(),
        clock(),
        None,
        None,
        "open",
        "Lighting",
        "Lights",
        "App",
        "",
        "",
        "",
    )


def test_numbers_go_on_after_a_filled_desk(desk, clock, dark_light):
    assert store.add_cases(desk, [dark_light]) == 1
    assert (
        store.report_case(desk, NewCase(service_code="light"), now=clock(), actor="test")
        == "26-00004712"
    )
    assert store.count_cases(desk) == 2


def test_known_services_stay_as_they_are(desk):
    assert (
        store.add_services(desk, [DeskService("pothole", "Other name", "", "", "", "", None)]) == 0
    )


def test_a_batch_with_one_contradiction_stores_nothing(desk, clock, dark_light):
    later = clock() + timedelta(hours=1)
    for wrong in (
        dark_light,  # the same id twice
        replace(dark_light, request_id="26-00004712", service_code="nope"),
        replace(
            dark_light, request_id="26-00004712", requested_at=later
        ),  # changed before it was reported
        replace(dark_light, request_id="26-00004712", status="closed"),  # without a time
        replace(dark_light, request_id="26-00004712", closed_at=later),  # open with a closing time
        replace(dark_light, request_id="26-00004712", status="lost"),
    ):
        with pytest.raises(IntegrityError):
            store.add_cases(desk, [dark_light, wrong])
        assert store.count_cases(desk) == 0


def test_what_somebody_has_can_be_taken_over_but_not_taken_twice(desk, clock, pothole):
    store.take_case(desk, pothole, actor="Ana", now=clock())
    with pytest.raises(WrongState, match="Ana has case"):
        store.take_case(desk, pothole, actor="Ana", now=clock())
    store.take_case(desk, pothole, actor="Ben", now=clock())
    assert row(desk, pothole).taken_by == "Ben"


def test_photo_shows_the_problem_first_and_the_work_afterwards(desk, clock, pothole):
    acts = {"actor": "Ana", "now": clock()}
    store.add_photo(desk, pothole, "photos/a.webp", **acts)
    store.add_photo(desk, pothole, "photos/b.webp", **acts)
    assert (row(desk, pothole).media_url, row(desk, pothole).closed_media_url) == (
        "photos/a.webp",
        "photos/b.webp",
    )
    light = store.report_case(desk, NewCase(service_code="light"), **acts)
    store.close_case(desk, light, "Fixed", **acts)
    store.add_photo(desk, light, "photos/c.webp", **acts)
    assert (row(desk, light).media_url, row(desk, light).closed_media_url) == ("", "photos/c.webp")


def test_words_lose_control_characters_and_keep_every_script(desk, clock):
    words = "Déjà\u00a0vu\r\nسلام\u200c 👩\u200d🔧\x00\x1b[31m"
    request_id = store.report_case(
        desk, NewCase(service_code="light", description=words), now=clock(), actor="test"
    )
    assert row(desk, request_id).description == "Déjà\u00a0vu\nسلام\u200c 👩\u200d🔧[31m"


def test_verbs_in_one_transaction_happen_together_or_not_at_all(desk, clock, pothole):
    acts = {"actor": "Ana", "now": clock()}
    with pytest.raises(WrongState), write(desk) as connection:
        store.close_case(connection, pothole, "Fixed", **acts)
        store.take_case(connection, pothole, **acts)
    assert row(desk, pothole).status == "open"


def test_two_who_report_at_once_get_two_numbers_and_one_reference_one_case(desk, clock):
    numbers: list[str] = []

    def report(reference: str) -> None:
        numbers.append(
            store.report_case(
                desk,
                NewCase(service_code="light", external_reference=reference),
                now=clock(),
                actor="test",
            )
        )

    threads = [
        threading.Thread(target=report, args=(reference,))
        for reference in ["", "", "", "", "K7", "K7", "K7", "K7"]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(numbers), len(set(numbers)), store.count_cases(desk)) == (8, 5, 5)


def test_desk_opens_again_on_its_data_and_not_on_that_of_another_version(desk, pothole, tmp_path):
    assert store.count_cases(open_desk(tmp_path / "desk.sqlite")) == 1
    with write(desk) as connection:
        connection.exec_driver_sql("pragma user_version = 99")
    with pytest.raises(DeskError, match="another version"):
        open_desk(tmp_path / "desk.sqlite")


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("external_reference <> '' and external_reference = 'K7'", "ix_cases_reference"),
        (
            "not is_public and (media_url = 'a' or closed_media_url = 'a')",
            "ix_cases_private_photos",
        ),
        (
            "is_public is 1 and (updated_at, request_id) > (1, 'a') "
            "order by updated_at, request_id",
            "ix_cases_updated",
        ),
    ],
)
def test_look_ups_use_their_index(desk, query, index):
    with desk.connect() as connection:
        plan = connection.exec_driver_sql(
            f"explain query plan select * from cases where {query}"
        ).fetchall()
    assert any(index in step[-1] for step in plan), plan
