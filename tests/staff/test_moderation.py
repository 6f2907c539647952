"""What staff decide about a case, its words and photos: with a reason, and against every sync."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.domain.jurisdiction import ServiceRule
from portal.domain.report import Report
from portal.errors import BadRequest, NotFound, TakesTooLong
from portal.photos import files
from portal.photos.blur import Region, blur_region
from portal.photos.develop import LARGE, THUMB, pixels_of
from portal.photos.pipeline import SIZES, Developed, Picture
from portal.photos.signed import read_jpeg
from portal.queries.cases.case_detail import case_by_id
from portal.queries.staff.moderation import case_for_staff, held_cases, newest_reports
from portal.services.report import private_link
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.shared import photos
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tests.photos.samples import png_bomb
from tests.staff.conftest import NOON
from tests.support.queries import rows_of
from tests.support.reports import POTHOLE
from tests.sync.support import record, save

ACT = Act("Ana", "it names a neighbor", NOON)
NO_SIGNALS = Signals()
DOUBTFUL = Signals(is_trap_filled=True)
REPORT = replace(POTHOLE, note="Deep, and Bo Miller dug it", email="ana@example.org")
PHOTO = "0123456789abcdef" * 2
PLATE = Region(50, 50, 25, 25)


@pytest.fixture
def take(portal, city, add_case):
    add_case("101")

    def accept(report: Report = REPORT, names=(), signals: Signals = NO_SIGNALS) -> str:
        return submit(portal, city, report, names, signals, NOON).case_id

    return accept


@pytest.fixture
def photo(portal, city):
    """A photo that waits for its report: its right half is made of black and white lines."""
    picture = Image.new("RGB", (400, 300), "white")
    for x in range(200, 400, 2):
        picture.paste("black", (x, 0, x + 1, 300))
    body = BytesIO()
    picture.save(body, "WEBP", lossless=True)
    files.write_photo(
        portal.photos_folder,
        PHOTO,
        Developed({side: Picture(400, 300, body.getvalue()) for side in SIZES}, None),
    )
    with portal.transaction() as connection:
        photos.add_unsent_photo(connection, city.id, PHOTO, photos.BEFORE, (400, 300), NOON)
    return PHOTO


def public(portal, city, number: str):
    return portal.cached(case_by_id, city.id, number)


def for_staff(portal, city, number: str):
    with portal.core.connect() as connection:
        return case_for_staff(connection, city.id, number)


def test_a_held_report_is_released_to_everybody_and_the_city_is_told(take, portal, city):
    number = take(signals=DOUBTFUL)
    assert public(portal, city, number) is None
    moderation.release_case(portal, city, number, ACT)
    assert public(portal, city, number).note == REPORT.note
    assert rows_of(portal.core, "select kind from outbox order by number") == [
        ("open_case",),
        ("set_public",),
    ]
    assert (
        '"is_public": true'
        in rows_of(portal.core, "select payload from outbox where kind = 'set_public'")[0][0]
    )
    assert rows_of(portal.core, "select kind from alerts") == [("received",)]


@pytest.mark.parametrize(
    ("is_public", "is_type_public"), [(False, True), (True, False), (False, False)]
)
def test_what_is_not_for_everybody_is_not_released_to_everybody(
    take, portal, city, is_public, is_type_public
):
    number = take(replace(REPORT, is_public=is_public), signals=DOUBTFUL)
    with portal.transaction() as connection:
        connection.execute(text("update services set is_public = :is"), {"is": int(is_type_public)})
    moderation.release_case(portal, city, number, ACT)
    assert public(portal, city, number) is None
    assert for_staff(portal, city, number).card.visibility == (
        "reporter" if is_type_public else "service"
    )
    assert rows_of(portal.core, "select kind from outbox order by number") == [("open_case",)]


@pytest.mark.parametrize("withdrawn_while", ["held by the rules", "held by staff", "public"])
def test_a_report_that_its_resident_took_back_is_never_released_to_everybody(
    portal, city, add_case, withdrawn_while
):
    add_case("101")
    signals = DOUBTFUL if withdrawn_while == "held by the rules" else NO_SIGNALS
    accepted = submit(portal, city, REPORT, (), signals, NOON)
    number = accepted.case_id
    if withdrawn_while == "held by staff":
        moderation.hold_case(portal, city, number, ACT)
    private_link.retract_report(portal, city, accepted.token, NOON)
    if withdrawn_while == "public":
        with pytest.raises(BadRequest, match="does not see"):
            moderation.hold_case(portal, city, number, ACT)
        with pytest.raises(BadRequest, match="not held"):
            moderation.release_case(portal, city, number, ACT)
    else:
        moderation.release_case(portal, city, number, ACT)
    assert public(portal, city, number) is None
    assert for_staff(portal, city, number).card.visibility == "reporter"
    told = rows_of(portal.core, "select payload from outbox where kind = 'set_public'")
    assert not any('"is_public": true' in payload for (payload,) in told)


def test_a_case_that_is_held_stays_so_whatever_the_sync_brings_and_comes_back(portal, city):
    save(portal, city, record("7", note="One"))
    moderation.hold_case(portal, city, "7", ACT)
    save(portal, city, record("7", note="Two", updated_at=datetime(2026, 2, 1, tzinfo=UTC)))
    assert public(portal, city, "7") is None
    moderation.release_case(portal, city, "7", ACT)
    assert public(portal, city, "7").note == "Two"
    assert rows_of(portal.core, "select kind from outbox") == []


def test_a_case_that_its_city_made_private_while_it_was_held_is_not_released_to_everybody(
    portal, city
):
    """It was: what was held had forgotten what the source said."""
    save(portal, city, record("7", note="One"))
    moderation.hold_case(portal, city, "7", ACT)
    private = record("7", note="One", is_public=False, updated_at=datetime(2026, 2, 1, tzinfo=UTC))
    save(portal, city, private)
    with portal.core.connect() as connection:
        assert [card.case_id for card in held_cases(connection, city.id)] == ["7"]
    moderation.release_case(portal, city, "7", ACT)
    assert public(portal, city, "7") is None
    shown_again = replace(private, is_public=True, updated_at=datetime(2026, 3, 1, tzinfo=UTC))
    save(portal, city, shown_again)
    assert public(portal, city, "7") is not None


def test_a_case_its_city_shows_again_while_it_is_held_stays_held_and_can_be_released(portal, city):
    save(portal, city, record("7"))
    moderation.hold_case(portal, city, "7", ACT)
    for month, is_public in ((2, False), (3, True)):
        save(
            portal,
            city,
            record("7", is_public=is_public, updated_at=datetime(2026, month, 1, tzinfo=UTC)),
        )
        assert public(portal, city, "7") is None
    moderation.release_case(portal, city, "7", ACT)
    assert public(portal, city, "7") is not None


def test_held_and_released_twice_is_no_fault(take, portal, city):
    number = take()
    for _ in range(2):
        moderation.hold_case(portal, city, number, ACT)
        moderation.release_case(portal, city, number, ACT)
    assert rows_of(portal.core, "select kind, rev from alerts") == [("received", 0)]


def test_words_are_hidden_in_the_case_its_history_and_the_search_and_kept_for_staff(portal, city):
    save(portal, city, record("7", note="Old: Bo Miller did it"))
    save(
        portal,
        city,
        record("7", note="Bo Miller did it", updated_at=datetime(2026, 2, 1, tzinfo=UTC)),
    )
    moderation.hide_words(portal, city, "7", "note", "Bo Miller", ACT)
    case = public(portal, city, "7")
    assert case.note == "[hidden by the city] did it"
    assert case.hidden == ("staff",)
    assert all("Miller" not in str(change) for change in case.changes)
    assert "Miller" not in str(rows_of(portal.core, "select * from cases")) + str(
        rows_of(portal.core, "select * from case_revisions")
    )
    (note,) = for_staff(portal, city, "7").texts
    assert (note.original, note.is_hidden) == ("Bo Miller did it", True)


def test_staff_read_every_text_as_it_was_sent_beside_what_is_published(portal, city):
    """What of it was hidden by itself is no longer where they could hide it."""
    told = {"note": "Bo, 617-555-0143", "title": "A hole", "address": "3 Adams St"}
    save(portal, city, record("7", **told), record("8", title="A hole"))
    texts = {
        said.field: (said.original, said.published) for said in for_staff(portal, city, "7").texts
    }
    published = public(portal, city, "7").note
    assert "617" not in published
    assert texts == {
        "note": (told["note"], published),
        "title": ("A hole", "A hole"),
        "address": ("3 Adams St", "3 Adams St"),
    }
    assert [(said.field, said.original) for said in for_staff(portal, city, "8").texts] == [
        ("title", "A hole")
    ]
    with pytest.raises(BadRequest, match="do not stand"):
        moderation.hide_words(portal, city, "7", "note", "617-555-0143", ACT)


def test_the_original_that_staff_read_is_that_of_the_newest_version(portal, city):
    save(portal, city, record("7", note="Bo, 617-555-0143"))
    later = datetime(2026, 2, 1, tzinfo=UTC)
    save(portal, city, record("7", note="Di, 617-555-0199", updated_at=later))
    [said] = for_staff(portal, city, "7").texts
    assert said.original == "Di, 617-555-0199"
    assert "555" not in str(said.published)


def test_a_list_for_staff_has_the_words_as_they_were_sent(take, portal, city):
    note = "Bo, 617-555-0143"
    held = take(replace(REPORT, note=note), signals=DOUBTFUL)
    save(portal, city, record("7", service_code="Housing", address="3 Adams St"))
    moderation.hold_case(portal, city, "7", ACT)
    with portal.core.connect() as connection:
        cards = {card.case_id: card for card in held_cases(connection, city.id)}
    assert (cards[held].note, cards["7"].address) == (note, "3 Adams St")
    assert for_staff(portal, city, held).card.note != note
    assert for_staff(portal, city, "7").card.address != "3 Adams St"


def test_staff_read_a_text_of_which_nothing_is_published(portal, city):
    by_area = replace(city, service_rules=(ServiceRule(match="Pothole", place="area"),))
    save(portal, by_area, record("7", address="Elm Court"))
    [said] = for_staff(portal, city, "7").texts
    assert (said.field, said.original, said.published) == ("address", "Elm Court", None)


def test_the_next_sync_does_not_bring_hidden_words_back(portal, city):
    save(portal, city, record("7", note="Bo Miller did it"))
    moderation.hide_words(portal, city, "7", "note", "Bo Miller", ACT)
    closed = record(
        "7",
        note="Bo Miller did it. Done.",
        status="closed",
        closed_at=datetime(2026, 2, 1, tzinfo=UTC),
    )
    save(portal, city, replace(closed, updated_at=datetime(2026, 2, 1, tzinfo=UTC)))
    assert public(portal, city, "7").note == "[hidden by the city] did it. Done."


def test_all_of_a_text_is_hidden_and_shown_again(take, portal, city):
    number = take()
    moderation.hide_words(portal, city, number, "note", "", ACT)
    assert public(portal, city, number).note == "[hidden by the city]"
    moderation.show_words(portal, city, number, "note", replace(ACT, reason="it names no one"))
    case = public(portal, city, number)
    assert (case.note, case.hidden) == (REPORT.note, ())


def test_what_was_redacted_stays_so_when_words_are_shown_again(take, portal, city):
    number = take(replace(REPORT, note="Bo, 617-555-0143"))
    moderation.hide_words(portal, city, number, "note", "Bo", ACT)
    moderation.show_words(portal, city, number, "note", ACT)
    assert "617" not in public(portal, city, number).note
    assert public(portal, city, number).hidden == ("phone",)


@pytest.mark.parametrize(
    ("field", "part"),
    [("note", "not there"), ("title", "x"), ("lat", ""), ("note; drop table cases", "")],
)
def test_words_that_are_not_there_cannot_be_hidden(take, portal, city, field, part):
    with pytest.raises(BadRequest):
        moderation.hide_words(portal, city, take(), field, part, ACT)


def test_a_photo_is_hidden_from_everybody_but_staff_and_shown_again(take, photo, portal, city):
    number = take(names=(photo,))
    moderation.hide_photo(portal, city, number, photo, ACT)
    assert public(portal, city, number).photos == ()
    assert [(kept.name, kept.state) for kept in for_staff(portal, city, number).photos] == [
        (photo, "hidden")
    ]
    moderation.show_photo(portal, city, number, photo, ACT)
    assert [shown.name for shown in public(portal, city, number).photos] == [photo]


def test_a_part_of_a_photo_is_unreadable_in_every_size_and_the_rest_is_as_it_was(
    take, photo, portal, city
):
    number = take(names=(photo,))
    copy = moderation.blur_photo(portal, city, number, photo, PLATE, ACT)
    assert [shown.name for shown in public(portal, city, number).photos] == [copy]
    assert {(kept.name, kept.state) for kept in for_staff(portal, city, number).photos} == {
        (photo, "hidden"),
        (copy, "ready"),
    }
    with Image.open(files.path_of(portal.photos_folder, copy, max(SIZES))) as opened:
        picture = opened.convert("L")
    inside, outside = (
        picture.crop((205, 155, 295, 220)).getextrema(),
        picture.crop((320, 20, 380, 100)).getextrema(),
    )
    assert inside[1] - inside[0] < 60
    assert outside[1] - outside[0] > 150
    with Image.open(files.path_of(portal.photos_folder, copy, THUMB)) as opened:
        assert opened.size == (THUMB, THUMB), (
            "cards show a square; it was none of a photo with a part made unreadable"
        )


def test_a_photo_that_takes_too_long_to_draw_again_is_not_said_to_be_lost(
    take, photo, portal, city
):
    """It was “no such photo”, and who read that looked for another one."""
    number = take(names=(photo,))
    with pytest.raises(TakesTooLong, match="too long to draw and is as it was"):
        blur_region(portal.photos_folder, photo, PLATE, seconds=0.01)
    assert TakesTooLong.status == 503
    assert files.is_whole(portal.photos_folder, photo)
    assert [shown.name for shown in public(portal, city, number).photos] == [photo]


def test_pixels_that_are_read_again_are_read_in_a_process_of_their_own(take, photo, portal, city):
    """They were decoded in the process that has all pages and secrets.

    A photo that fools the first decoder could have fooled the second.
    """
    number = take(names=(photo,))
    files.path_of(portal.photos_folder, photo, LARGE).write_bytes(png_bomb(9_000, 9_000))
    with pytest.raises(NotFound):
        moderation.blur_photo(portal, city, number, photo, PLATE, ACT)
    with pytest.raises(OSError, match="too_many_pixels"):
        read_jpeg(portal.photos_folder, photo)
    assert [shown.name for shown in public(portal, city, number).photos] == [photo]


@pytest.mark.parametrize(
    "region",
    [
        Region(0, 0, 0, 10),
        Region(-1, 0, 10, 10),
        Region(0, 0, 101, 1),
        Region(float("nan"), 0, 1, 1),
    ],
)
def test_a_part_that_is_none_is_refused_and_nothing_changes(take, photo, portal, city, region):
    number = take(names=(photo,))
    with pytest.raises(BadRequest):
        moderation.blur_photo(portal, city, number, photo, region, ACT)
    assert [shown.name for shown in public(portal, city, number).photos] == [photo]


@pytest.mark.parametrize(
    "region",
    [
        Region(100, 100, 1, 1),
        Region(99.9, 99.9, 100, 100),
        Region(0, 0, 100, 100),
        Region(0, 0, 0.01, 0.01),
    ],
)
def test_a_part_at_the_edge_is_one_pixel_or_more(region):
    region.check()
    left, upper, right, lower = pixels_of(
        (region.left, region.top, region.width, region.height), 400, 300
    )
    assert 0 <= left < right <= 400
    assert 0 <= upper < lower <= 300


def test_a_photo_of_another_case_is_not_found(take, photo, portal, city):
    take(names=(photo,))
    with pytest.raises(NotFound):
        moderation.hide_photo(portal, city, "101", photo, ACT)


def test_nothing_is_done_without_a_reason_and_nothing_half(take, portal, city):
    number = take()
    for act in (
        moderation.hold_case,
        lambda *args: moderation.hide_words(*args[:3], "note", "Bo", args[3]),
    ):
        with pytest.raises(BadRequest, match="why"):
            act(portal, city, number, replace(ACT, reason=" \n"))
    assert public(portal, city, number).note == REPORT.note
    assert (
        rows_of(portal.core, "select * from hidden_texts")
        == rows_of(portal.core, "select * from audit_lines")
        == []
    )


def test_every_act_leaves_a_line_that_no_one_can_change(take, photo, portal, city):
    number = take(names=(photo,))
    moderation.hide_words(portal, city, number, "note", "Bo Miller", ACT)
    moderation.show_words(portal, city, number, "note", ACT)
    moderation.blur_photo(portal, city, number, photo, PLATE, ACT)
    moderation.hold_case(portal, city, number, ACT)
    moderation.release_case(portal, city, number, ACT)
    told = [(line.who, line.action, line.reason) for line in for_staff(portal, city, number).audit]
    actions = ["release", "hold", "blur photo", "show words", "hide words"]
    assert told == [("Ana", action, "it names a neighbor") for action in actions]
    (hidden, shown) = rows_of(
        portal.core, "select before, after from audit_lines where target = 'note' order by number"
    )
    assert hidden == shown[::-1]
    for statement in ("update audit_lines set reason = 'x'", "delete from audit_lines"):
        with (
            pytest.raises(DBAPIError, match="stay as they are"),
            portal.transaction() as connection,
        ):
            connection.execute(text(statement))


def test_no_audit_line_takes_the_place_of_another(take, portal, city):
    """On SQLite one did: REPLACE does not fire triggers for deletions."""
    moderation.hold_case(portal, city, take(), ACT)
    forged = (
        "select jurisdiction_id, number, at, 'Eve', action, case_key, target, 'x', before, after"
        " from audit_lines"
    )
    columns = "jurisdiction_id, number, at, who, action, case_key, target, reason, before, after"
    ways = [
        f"insert into audit_lines ({columns}) {forged} where true"
        " on conflict (jurisdiction_id, number) do update set who = 'Eve'"
    ]
    if portal.core.dialect.name == "sqlite":
        ways += [
            f"insert or replace into audit_lines ({columns}) {forged}",
            f"replace into audit_lines ({columns}) {forged}",
        ]
    for way in ways:
        with (
            pytest.raises(DBAPIError, match="stay as they are"),
            portal.transaction() as connection,
        ):
            connection.execute(text(way))
    assert rows_of(portal.core, "select who, reason from audit_lines") == [("Ana", ACT.reason)]


def test_staff_see_what_waits_the_longest_first_and_the_newest_reports(take, portal, city):
    first = take(replace(REPORT, idempotency_key="first form"), signals=DOUBTFUL)
    second = submit(
        portal, city, replace(REPORT, idempotency_key="second form"), (), DOUBTFUL, NOON + 60
    ).case_id
    third = submit(
        portal, city, replace(REPORT, idempotency_key="third form"), (), NO_SIGNALS, NOON + 90
    ).case_id
    with portal.core.connect() as connection:
        assert [card.case_id for card in held_cases(connection, city.id)] == [first, second]
        assert [card.case_id for card in newest_reports(connection, city.id)] == [third]


def test_staff_see_fifty_cases_at_once(portal, city, add_case):
    for number in range(51):
        add_case(f"h{number:02}", opened=f"2026-01-05T10:{number:02}", visibility="held")
        add_case(f"p{number:02}", opened=f"2026-01-05T10:{number:02}", source="portal")
    with portal.core.connect() as connection:
        held = [card.case_id for card in held_cases(connection, city.id)]
        newest = [card.case_id for card in newest_reports(connection, city.id)]
    assert held == [f"h{number:02}" for number in range(50)]
    assert newest == [f"p{number:02}" for number in range(50, 0, -1)]


def test_a_rule_that_changes_does_not_show_hidden_words(portal, city):
    from portal.services.sync.republish import apply_rules

    save(portal, city, record("7", note="Bo Miller at 3 Adams St"))
    moderation.hide_words(portal, city, "7", "note", "Bo Miller", ACT)
    coarser = replace(
        city, service_rules=(ServiceRule(match="Pothole", place="block"), *city.service_rules)
    )
    apply_rules(portal.transaction, coarser, NOON)
    assert "Miller" not in public(portal, city, "7").note
