"""Photos in the store: which are wanted, what became of them, who may see them, leftovers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import text

from portal.context import Portal
from portal.domain.case import CasePhoto
from portal.domain.filters import CaseFilter
from portal.filter_sql import Selection
from portal.photos import files
from portal.queries.cases.case_detail import case_by_id
from portal.queries.cases.case_lists import newest_cases
from portal.queries.cases.photos import is_public_photo, photos_of_case
from portal.services.shared import photos
from portal.services.shared.photos import DuePhoto
from portal.services.shared.photos_sweep import Swept, sweep_photos
from tests.conftest import epoch
from tests.photos.conftest import NOON, URL

DAY = 86_400


@pytest.fixture
def want(portal: Portal, city):
    """want(): note the city's photos of the last thirty days that are not noted yet; how many."""

    def note(days: int = 30) -> int:
        with portal.transaction() as connection:
            found, _rev = photos.city_photos(connection, city.id, NOON - days * DAY, 0)
            return photos.request_photos(connection, city.id, found, NOON)

    return note


@pytest.fixture
def due(portal: Portal, city):
    """due(): the photos to be fetched."""

    def ask(now: int = NOON, limit: int = 10) -> list[DuePhoto]:
        with portal.core.connect() as connection:
            return photos.due_photos(connection, city.id, now, limit)

    return ask


@pytest.fixture
def make_ready(portal: Portal, city, want, due, drawn):
    """make_ready(): fetch everything due, as the worker does; returns names, newest first."""

    def fetch() -> list[str]:
        want()
        names = [photo.name for photo in due()]
        for name in names:
            files.write_photo(portal.photos_folder, name, drawn)
            with portal.transaction() as connection:
                photos.mark_ready(connection, city.id, name, (1600, 1200), NOON)
        return names

    return fetch


def shown(portal: Portal, city, case_key: int) -> list[str]:
    with portal.public.connect() as connection:
        return [photo.name for photo in photos_of_case(connection, city.id, case_key)]


def state_of(portal: Portal, name: str) -> tuple:
    query = text("select state, reason, attempts, due_at from photos where name = :name")
    with portal.core.connect() as connection:
        return tuple(connection.execute(query, {"name": name}).one())


def change(portal: Portal, statement: str, **values) -> None:
    with portal.transaction() as connection:
        connection.execute(text(statement), values)


def test_a_city_without_photos_wants_none(want, due):
    assert want() == 0
    assert due() == []


def test_the_newest_photos_are_fetched_first_and_old_ones_never(add_case, want, due):
    add_case("101", opened="2026-11-20", photo_url=URL)
    add_case("102", opened="2026-11-22", photo_url="https://photos.example/2.jpg")
    add_case("103", opened="2026-01-05", photo_url="https://photos.example/3.jpg")
    add_case(
        "104",
        opened="2026-01-05",
        closed="2026-11-21",
        photo_url="https://photos.example/4.jpg",
        closed_photo_url=URL,
    )
    add_case("105", opened="2026-11-22")
    assert want() == 3
    assert [photo.source_url for photo in due()] == ["https://photos.example/2.jpg", URL, URL]
    assert len(due(limit=2)) == 2
    assert want() == 0, "each is noted once"


@pytest.mark.parametrize("state", ["ready", "refused", "hidden"])
def test_a_photo_that_is_not_pending_is_not_fetched_again_whenever_it_was_due(
    portal, add_case, want, due, state
):
    """A hidden one would be fetched, and be ready again."""
    add_case("101", opened="2026-11-20", photo_url=URL)
    want()
    assert len(due()) == 1
    change(portal, "update photos set state = :state, due_at = 1", state=state)
    assert due() == []


def test_a_photo_is_fetched_in_the_second_it_is_due_and_not_before(portal, add_case, want, due):
    add_case("101", opened="2026-11-20", photo_url=URL)
    want()
    change(portal, "update photos set due_at = :at", at=NOON)
    assert (len(due(NOON - 1)), len(due(NOON))) == (0, 1)


def test_private_cases_and_those_placed_roughly_want_no_photo(add_case, want):
    add_case("101", opened="2026-11-20", photo_url=URL, visibility="reporter")
    add_case("102", opened="2026-11-20", photo_url=URL, place_precision="block")
    assert want() == 0


def test_only_cases_that_changed_since_the_last_look_are_looked_at(
    portal: Portal, city, add_case, key_of
):
    add_case("101", opened="2026-11-20", photo_url=URL)
    add_case("102", opened="2026-11-20", photo_url=URL)
    with portal.core.connect() as connection:
        everything, rev = photos.city_photos(connection, city.id, 0, 0)
        newer, _ = photos.city_photos(connection, city.id, 0, 1)
        none, _ = photos.city_photos(connection, city.id, 0, rev)
    assert [photo.case_key for photo in everything] == [key_of("101"), key_of("102")]
    assert [photo.case_key for photo in newer] == [key_of("102")]
    assert (none, rev) == ([], 2)


def test_a_photo_is_shown_once_it_is_ready(
    portal: Portal, city, add_case, key_of, want, due, drawn
):
    add_case("101", opened="2026-11-20", photo_url=URL)
    want()
    (photo,) = due()
    assert shown(portal, city, key_of("101")) == []
    files.write_photo(portal.photos_folder, photo.name, drawn)
    assert shown(portal, city, key_of("101")) == []
    with portal.transaction() as connection:
        photos.mark_ready(connection, city.id, photo.name, (1600, 1200), NOON)
    with portal.public.connect() as connection:
        found = photos_of_case(connection, city.id, key_of("101"))
        assert found == (CasePhoto(photo.name, "before", 1600, 1200, epoch("2026-11-20")),)
        assert is_public_photo(connection, city.id, photo.name)
        assert not is_public_photo(connection, "othertown", photo.name)
        case = case_by_id(connection, city.id, "101")
        (card,) = newest_cases(connection, city.id, Selection(CaseFilter(), city.zone, NOON)).cases
    assert case is not None and case.photos == found
    assert card.photo == case.photo == photo.name
    assert due() == []


def test_the_photo_of_before_stands_for_the_case(
    portal: Portal, city, add_case, key_of, make_ready
):
    add_case(
        "101",
        opened="2026-11-20",
        closed="2026-11-21",
        photo_url=URL,
        closed_photo_url="https://photos.example/2.jpg",
    )
    after, before = make_ready()
    assert shown(portal, city, key_of("101")) == [before, after]
    with portal.public.connect() as connection:
        case = case_by_id(connection, city.id, "101")
    assert case is not None and case.photo == before


@pytest.mark.parametrize(
    "statement",
    [
        "update cases set visibility = 'reporter'",
        "update cases set visibility = 'withdrawn'",
        "update cases set place_precision = 'block'",
        "update cases set photo_url = 'https://photos.example/other.jpg'",
        "update cases set photo_url = null",
        "update photos set state = 'hidden'",
        "delete from cases",
    ],
)
def test_a_photo_is_out_of_sight_as_soon_as_its_case_is(
    portal: Portal, city, add_case, make_ready, statement
):
    add_case("101", opened="2026-11-20", photo_url=URL)
    (name,) = make_ready()
    change(portal, statement)
    with portal.public.connect() as connection:
        assert not is_public_photo(connection, city.id, name)


def test_a_hidden_photo_says_why_and_pages_are_made_anew(
    portal: Portal, city, add_case, make_ready
):
    add_case("101", opened="2026-11-20", photo_url=URL)
    (name,) = make_ready()
    before = portal.data_version(city.id)
    with portal.transaction() as connection:
        photos.hide_photo(connection, city.id, name, "shows a face", NOON)
    assert state_of(portal, name)[:2] == ("hidden", "shows a face")
    assert portal.data_version(city.id) == before + 1


def test_a_photo_that_cannot_be_had_is_asked_for_at_growing_distances_and_then_no_more(
    portal: Portal, city, add_case, want, due
):
    add_case("101", opened="2026-11-20", photo_url=URL)
    want()
    now, pauses = NOON, []
    while waiting := due(now=NOON + 400 * DAY):
        with portal.transaction() as connection:
            photos.retry_later(connection, city.id, waiting[0], "photos.example answered 503", now)
        state, reason, _attempts, due_at = state_of(portal, waiting[0].name)
        if state == "pending":
            pauses.append((due_at - now) // 60)
            assert due(now=due_at - 1) == []
            now = due_at
    assert pauses == [10, 40, 160, 640, 2560]
    assert (state, reason) == ("refused", "photos.example answered 503")
    assert want() == 0, "and is not noted again"


def test_a_held_photo_is_nobodys_until_it_has_a_case_and_then_keeps_it(
    portal: Portal, city, add_case, key_of
):
    name = files.make_name()
    add_case("101")
    add_case("102")
    with portal.transaction() as connection:
        photos.add_unsent_photo(connection, city.id, name, "before", (1600, 1200), NOON)
    with portal.public.connect() as connection:
        assert not is_public_photo(connection, city.id, name)
    with portal.transaction() as connection:
        assert (
            photos.attach_photos(
                connection, city.id, [name, files.make_name()], key_of("101"), NOON, NOON
            )
            == 1
        )
        assert photos.attach_photos(connection, city.id, [name], key_of("102"), NOON, NOON) == 0
    assert shown(portal, city, key_of("101")) == [name]


def test_files_are_written_whole_and_removed_whole(tmp_path: Path, drawn):
    name = files.make_name()
    files.write_photo(tmp_path, name, drawn)
    assert files.is_whole(tmp_path, name)
    assert sorted(path.name for path in (tmp_path / name[:2]).iterdir()) == [
        f"{name}-{side}.webp" for side in (144, 1600, 800)
    ]
    assert files.path_of(tmp_path, name, 800).read_bytes() == b"picture of 800"
    files.delete_photo(tmp_path, name)
    files.delete_photo(tmp_path, name)
    assert list((tmp_path / name[:2]).iterdir()) == []


def test_a_full_disk_leaves_nothing_half_under_a_name(tmp_path: Path, drawn):
    name = files.make_name()
    (tmp_path / name[:2] / f"{name}-800.webp.part").mkdir(parents=True)
    with pytest.raises(OSError):
        files.write_photo(tmp_path, name, drawn)
    assert not files.is_whole(tmp_path, name)
    assert not files.path_of(tmp_path, name, 800).exists()


def test_names_cannot_be_guessed_and_cannot_lead_elsewhere(tmp_path: Path):
    assert len({files.make_name() for _ in range(1_000)}) == 1_000
    for name in ("../../etc/passwd", "A" * 32, "0" * 31, ""):
        with pytest.raises(AssertionError):
            files.path_of(tmp_path, name, 800)


def age(portal: Portal, name: str, seconds: int) -> None:
    """As if the files of a photo had been written so long ago."""
    for path in (portal.photos_folder / name[:2]).glob(f"{name}*"):
        os.utime(path, (NOON - seconds, NOON - seconds))


def test_a_sweep_of_what_is_in_order_does_nothing(
    portal: Portal, city, add_case, key_of, make_ready
):
    add_case("101", opened="2026-11-20", photo_url=URL)
    (name,) = make_ready()
    age(portal, name, 9_000)
    assert sweep_photos(portal, NOON) == Swept(orphans=0, given_up=0, lost=0)
    assert shown(portal, city, key_of("101")) == [name]


def test_files_that_no_row_knows_are_removed_after_an_hour(portal: Portal, drawn):
    name = files.make_name()
    files.write_photo(portal.photos_folder, name, drawn)
    (portal.photos_folder / name[:2] / f"{name}-144.webp.part").write_bytes(b"half")
    age(portal, name, 3_000)
    assert sweep_photos(portal, NOON) == Swept(0, 0, 0)
    age(portal, name, 4_000)
    assert sweep_photos(portal, NOON) == Swept(orphans=1, given_up=0, lost=0)
    assert list((portal.photos_folder / name[:2]).iterdir()) == []


def test_a_crash_between_the_files_and_their_row_costs_nothing_but_the_fetch(
    portal: Portal, city, add_case, key_of, want, make_ready, due, drawn
):
    add_case("101", opened="2026-11-20", photo_url=URL)
    want()
    (photo,) = due()
    files.write_photo(portal.photos_folder, photo.name, drawn)
    age(portal, photo.name, 9_000)
    assert shown(portal, city, key_of("101")) == []
    assert sweep_photos(portal, NOON) == Swept(0, 0, 0), "its name is taken"
    assert make_ready() == [photo.name]
    assert shown(portal, city, key_of("101")) == [photo.name]


def test_a_photo_whose_files_are_lost_is_fetched_again(
    portal: Portal, city, add_case, key_of, make_ready, due
):
    add_case("101", opened="2026-11-20", photo_url=URL)
    (name,) = make_ready()
    files.path_of(portal.photos_folder, name, 800).unlink()
    assert sweep_photos(portal, NOON) == Swept(orphans=0, given_up=0, lost=1)
    assert shown(portal, city, key_of("101")) == []
    assert [photo.name for photo in due()] == [name]


def test_a_residents_photo_whose_files_are_lost_is_gone_and_says_so(
    portal: Portal, city, add_case, key_of
):
    add_case("101")
    name = files.make_name()
    with portal.transaction() as connection:
        photos.add_unsent_photo(connection, city.id, name, "before", (9, 9), NOON)
        photos.attach_photos(connection, city.id, [name], key_of("101"), NOON, NOON)
    assert sweep_photos(portal, NOON).lost == 1
    assert state_of(portal, name)[:2] == ("refused", "lost")


@pytest.mark.parametrize(
    "statement",
    [
        "update cases set photo_url = null",
        "update cases set photo_url = 'https://photos.example/new.jpg'",
    ],
)
def test_a_photo_the_city_took_back_or_replaced_is_forgotten_with_its_files(
    portal: Portal, add_case, make_ready, want, due, statement
):
    add_case("101", opened="2026-11-20", photo_url=URL)
    (name,) = make_ready()
    change(portal, statement)
    assert sweep_photos(portal, NOON).given_up == 1
    assert not files.is_whole(portal.photos_folder, name)
    assert want() == ("new.jpg" in statement)


def test_a_photo_whose_report_was_never_sent_is_forgotten_after_a_day(portal: Portal, city, drawn):
    name = files.make_name()
    files.write_photo(portal.photos_folder, name, drawn)
    with portal.transaction() as connection:
        photos.add_unsent_photo(connection, city.id, name, "before", (9, 9), NOON)
    assert sweep_photos(portal, NOON + DAY) == Swept(0, 0, 0)
    assert sweep_photos(portal, NOON + DAY + 1).given_up == 1
    assert not files.is_whole(portal.photos_folder, name)
