"""A report is stored whole, once, or not at all; its private link does what its resident may."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import event, insert, select, text, update

from portal.domain.jurisdiction import Jurisdiction
from portal.domain.land import Land
from portal.domain.report import OwnReport, Question, Report
from portal.domain.report_rules import Elsewhere, OthersLand, ReportRule
from portal.domain.route_rules import RouteRule, System
from portal.domain.service_definition import ServiceDefinition
from portal.domain.tracking_number import parse_tracking_number
from portal.errors import BadRequest, Conflict, NotFound
from portal.notifications import contacts
from portal.queries.cases.case_detail import case_by_id
from portal.queries.report.held_photos import is_photo_of_form
from portal.queries.report.unrouted import unrouted_reports
from portal.services.forgetting import forget_expired
from portal.services.report import private_link
from portal.services.report.rerouting import reroute_report
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.shared.photos import BEFORE, add_unsent_photo
from portal.services.sync import definitions
from portal.store.models import Case, Label
from portal.store.report_models import ReportRow
from tests.support.clock import NOON
from tests.support.reports import POTHOLE

PHOTO = "0123456789abcdef" * 2
NO_SIGNALS = Signals()
DOUBTFUL = Signals(is_trap_filled=True)
REPORT = replace(
    POTHOLE,
    note="Deep; call 617-555-0143",
    email="ana@example.org",
    answers={"size": ("large",)},
)


SIZE = Question(
    "size",
    "How large is it?",
    "singlevaluelist",
    True,
    choices=(("small", "Small"), ("large", "Large")),
)
SINCE = Question("since", "Since when?", "datetime")


@pytest.fixture
def take(portal, city, add_case):
    """take(report) submits it at noon; there are two types to report, and one asks something."""
    add_case("101")
    with portal.transaction() as connection:
        offered = ServiceDefinition("Pothole", "Pothole"), ServiceDefinition("needle", "Needle")
        definitions.save_definitions(connection, city.id, "desk", offered, NOON)
        definitions.save_questions(connection, city.id, "Pothole", (SIZE, SINCE), NOON)

    def accept(
        report: Report = REPORT,
        photos: tuple[str, ...] = (),
        now: int = NOON,
        of: Jurisdiction = city,
        signals: Signals = NO_SIGNALS,
    ):
        return submit(portal, of, report, photos, signals, now)

    return accept


def count(portal, table: str) -> int:
    with portal.core.connect() as connection:
        return connection.execute(text(f"select count(*) from {table}")).scalar_one()


def own_report(portal, city, token: str) -> OwnReport:
    report = private_link.own_report(portal, city.id, token)
    assert report
    return report


def public_case(portal, city, number: str):
    return portal.cached(case_by_id, city.id, number)


def test_a_report_is_a_case_with_what_may_be_published_and_the_original_beside_it(
    take, portal, city
):
    number = take().case_id
    case = public_case(portal, city, number)
    assert parse_tracking_number(number) == number
    assert (case.service_name, case.status, case.opened_at, case.address) == (
        "Pothole",
        "open",
        NOON,
        "3 Adams St",
    )
    assert "617" not in case.note
    assert case.hidden == ("phone",)
    with portal.core.connect() as connection:
        assert (
            connection.execute(text("select note from case_originals")).scalar_one()
            == "Deep; call 617-555-0143"
        )


def test_whom_to_tell_and_what_the_city_is_to_be_told_are_stored_with_it(take, portal):
    number = take().case_id
    with portal.core.connect() as connection:
        message = connection.execute(text("select kind, state, payload from outbox")).one()
    assert (message.kind, message.state) == ("open_case", "pending")
    assert number in message.payload
    assert '"size": ["large"]' in message.payload


def test_addresses_of_a_case_closed_without_a_time_are_forgotten_half_a_year_after_its_last_change(
    take, portal
):
    number = take().case_id
    follow = """
        insert into followers (jurisdiction_id, case_key, address, token_hash, language, asked_at,
            confirmed_at)
        select jurisdiction_id, id, 'an address', 'a hash', 'en', :now, :now from cases
        where case_id = :number
    """
    with portal.transaction() as connection:
        connection.execute(text(follow), {"now": NOON, "number": number})
        closed = text(
            "update cases set status = 'closed', closed_at = null, updated_at = :now"
            " where case_id = :number"
        )
        connection.execute(closed, {"now": NOON, "number": number})

    def kept() -> tuple[int, int]:
        return count(portal, "contacts"), count(portal, "followers")

    forget_expired(portal, NOON + contacts.KEPT_SECONDS - 1)
    assert kept() == (1, 1)
    forget_expired(portal, NOON + contacts.KEPT_SECONDS)
    assert kept() == (0, 0)


def test_an_address_is_kept_encrypted_and_forgotten_half_a_year_after_closing(take, portal, city):
    number = take().case_id
    with portal.core.connect() as connection:
        case = connection.execute(select(Case.id).where(Case.case_id == number)).scalar_one()
        assert "ana" not in connection.execute(text("select address from contacts")).scalar_one()
        assert contacts.address_of(connection, portal.settings, city.id, case) == "ana@example.org"
    with portal.transaction() as connection:
        connection.execute(
            text("update cases set status = 'closed', closed_at = :now where id = :id"),
            {"now": NOON, "id": case},
        )
    assert forget_expired(portal, NOON + contacts.KEPT_SECONDS - 1) == 0
    assert forget_expired(portal, NOON + contacts.KEPT_SECONDS) == 1
    with portal.core.connect() as connection:
        assert contacts.address_of(connection, portal.settings, city.id, case) is None


def test_the_same_report_again_is_the_same_answer(take, portal):
    first, again = take(), take(now=NOON + 60)
    assert (again.case_id, again.token, again.is_repeat) == (first.case_id, first.token, True)
    assert count(portal, "reports") == count(portal, "outbox") == 1


def test_our_verdict_may_change_between_two_sendings_of_one_report(take):
    assert take(signals=DOUBTFUL).case_id == take().case_id


def test_other_words_under_the_same_key_are_a_conflict(take, portal):
    take()
    with pytest.raises(Conflict):
        take(replace(REPORT, note="Something else"))
    assert count(portal, "reports") == 1


def test_eight_sendings_at_once_are_one_report(take, portal):
    answers, threads = [], []
    for _ in range(8):
        threads.append(threading.Thread(target=lambda: answers.append(take())))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len({(answer.case_id, answer.token) for answer in answers}) == 1
    assert count(portal, "reports") == count(portal, "outbox") == 1


def statements_while_others_wait(portal, act) -> list[str]:
    """The statements of `act` after it took the number of its batch."""
    said: list[str] = []
    event.listen(
        portal.core,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: said.append(" ".join(statement.split())),
    )
    act()
    first = next(number for number, statement in enumerate(said) if "data_versions" in statement)
    return said[first + 1 :]


def test_a_report_holds_up_other_writers_for_a_few_short_statements(take, portal):
    take()  # a first one names its type and its words
    said = statements_while_others_wait(
        portal, lambda: take(replace(REPORT, idempotency_key="another-form", email=None))
    )
    assert sum(statement.lower().startswith("insert") for statement in said) == 5, (
        said
    )  # case, original, words to search, report, outbox
    assert len(said) <= 8, said


def test_who_asks_why_a_report_is_doubtful_holds_up_nobody_before_it_is_checked(take, portal, city):
    asked: list[str] = []
    event.listen(
        portal.core,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: asked.append(statement),
    )
    with pytest.raises(BadRequest):
        take(replace(REPORT, answers={}), signals=Signals(address="8.8.4.4"))
    assert not [statement for statement in asked if "buckets" in statement]
    take(signals=Signals(address="8.8.4.4"))
    assert [statement for statement in asked if "buckets" in statement]


@pytest.mark.parametrize(
    "changes",
    [
        {"service_code": "No such type"},
        {"lat": 42.40},
        {"lon": 0.0, "lat": 0.0},
        {"note": "x" * 4_001},
        {"idempotency_key": "short"},
        {"answers": {}},
        {"answers": {"size": ("huge",)}},
        {"answers": {"size": ("small", "large")}},
        {"answers": {"size": ("large",), "since": ("yesterday",)}},
        {"answers": {"size": ("large",), "color": ("red",)}},
    ],
    ids=str,
)
def test_what_cannot_be_taken_is_refused_and_leaves_nothing_behind(take, portal, changes):
    with pytest.raises(BadRequest):
        take(replace(REPORT, **changes))
    assert count(portal, "reports") == count(portal, "outbox") == count(portal, "contacts") == 0
    assert count(portal, "cases") == 1


def test_everybody_sees_whether_a_public_report_was_sent_to_the_city(take, portal, city):
    number = take().case_id
    assert (
        public_case(portal, city, number).is_reported_here,
        public_case(portal, city, number).sent_at,
    ) == (True, None)
    with portal.transaction() as connection:
        connection.execute(update(ReportRow).values(sent_at=NOON + 4))
    a_minute_later = portal.cached(case_by_id, city.id, number, NOON + 60)
    assert a_minute_later.sent_at == NOON + 4
    assert not public_case(portal, city, "101").is_reported_here


def test_held_photos_become_the_cases_own(take, portal, city):
    with portal.transaction() as connection:
        add_unsent_photo(connection, city.id, PHOTO, BEFORE, (800, 600), NOON)
    accepted = take(photos=(PHOTO,))
    assert own_report(portal, city, accepted.token).photos == (PHOTO,)
    with portal.public.connect() as connection:
        assert connection.execute(text("select name from public_photos")).scalars().all() == [PHOTO]


def test_a_photo_that_was_sent_stays_a_photo_of_its_own_form_alone(take, portal, city):
    with portal.transaction() as connection:
        add_unsent_photo(connection, city.id, PHOTO, BEFORE, (800, 600), NOON)
    assert is_photo_of_form(portal, city.id, PHOTO, "any form")
    first = take(photos=(PHOTO,))
    assert is_photo_of_form(portal, city.id, PHOTO, REPORT.idempotency_key)
    assert not is_photo_of_form(portal, city.id, PHOTO, "any form")
    assert take(photos=(PHOTO,)) == replace(first, is_repeat=True)


def test_a_photo_that_comes_again_waits_a_day_more_and_one_of_a_case_stays_as_it_is(
    take, portal, city
):
    def held_at(now: int) -> int:
        with portal.transaction() as connection:
            add_unsent_photo(connection, city.id, PHOTO, BEFORE, (800, 600), now)
            return connection.execute(text("select changed_at from photos")).scalar_one()

    assert (held_at(NOON), held_at(NOON + 3_600)) == (NOON, NOON + 3_600)
    take(photos=(PHOTO,), now=NOON + 7_200)
    assert held_at(NOON + 10_800) == NOON + 7_200


@pytest.mark.parametrize(
    ("changes", "signals", "visibility"),
    [({"is_public": False}, NO_SIGNALS, "reporter"), ({}, DOUBTFUL, "held")],
)
def test_a_private_and_a_held_report_are_no_public_case(
    take, portal, city, changes, signals, visibility
):
    accepted = take(replace(REPORT, **changes), signals=signals)
    assert public_case(portal, city, accepted.case_id) is None
    report = own_report(portal, city, accepted.token)
    assert (report.visibility, report.note, report.address) == (
        visibility,
        "Deep; call 617-555-0143",
        "3 Adams St",
    )


def test_a_token_that_is_not_one_opens_nothing(take, portal, city):
    take()
    assert private_link.own_report(portal, city.id, "x" * 22) is None
    with pytest.raises(NotFound):
        private_link.add_note(portal, city, "x" * 22, "Still there", NOON)


def test_only_a_digest_of_the_token_is_in_the_store(take, portal):
    token = take().token
    assert len(token) == 22
    with portal.core.connect() as connection:
        assert token not in str(connection.execute(text("select * from reports")).all())


def test_a_resident_adds_notes_for_the_city(take, portal, city):
    token = take().token
    private_link.add_note(portal, city, token, " Still there\r\nand wider ", NOON + 60)
    (note,) = own_report(portal, city, token).notes
    assert (note.text, note.at) == ("Still there\nand wider", NOON + 60)
    assert count(portal, "outbox") == 2


@pytest.mark.parametrize("note", ["", "  \n", "x" * 4_001])
def test_a_note_without_words_or_with_too_many_is_refused(take, portal, city, note):
    token = take().token
    with pytest.raises(BadRequest):
        private_link.add_note(portal, city, token, note, NOON)


def test_a_resident_makes_a_report_private_and_public_again(take, portal, city):
    accepted = take()
    before = portal.data_version(city.id)
    private_link.set_public(portal, city, accepted.token, False, NOON + 60)
    assert public_case(portal, city, accepted.case_id) is None
    assert portal.data_version(city.id) == before + 1
    private_link.set_public(portal, city, accepted.token, True, NOON + 120)
    assert public_case(portal, city, accepted.case_id) is not None
    assert count(portal, "outbox") == 3


def test_a_button_pressed_twice_at_once_changes_once_and_tells_the_city_once(take, portal, city):
    token = take(replace(REPORT, is_public=False)).token
    for _ in range(2):
        private_link.set_public(portal, city, token, True, NOON + 60)
    assert own_report(portal, city, token).visibility == "public"
    assert count(portal, "outbox") == 2


def test_a_resident_may_change_their_mind_within_a_second(take, portal, city):
    accepted = take()
    for is_public in (False, True, False):
        private_link.set_public(portal, city, accepted.token, is_public, NOON + 60)
    assert public_case(portal, city, accepted.case_id) is None
    assert count(portal, "outbox") == 4


def test_a_report_made_public_shows_a_department_that_no_other_public_case_bears(
    take, portal, city
):
    accepted = take(replace(REPORT, is_public=False))
    roads = {
        "jurisdiction_id": city.id,
        "label_id": 900,
        "kind": "department",
        "name": "Roads",
        "slug": "roads",
    }
    with portal.transaction() as connection:
        connection.execute(insert(Label).values(**roads))
        connection.execute(
            update(Case).where(Case.case_id == accepted.case_id).values(department_id=900)
        )
    private_link.set_public(portal, city, accepted.token, True, NOON + 60)
    assert public_case(portal, city, accepted.case_id).department == "Roads"


def test_a_held_report_is_not_made_public_by_its_resident(take, portal, city):
    token = take(signals=DOUBTFUL).token
    with pytest.raises(BadRequest):
        private_link.set_public(portal, city, token, True, NOON)


def test_a_report_that_was_taken_back_is_gone_from_the_public_and_stays_so(take, portal, city):
    accepted = take()
    private_link.retract_report(portal, city, accepted.token, NOON + 60)
    assert public_case(portal, city, accepted.case_id) is None
    assert own_report(portal, city, accepted.token).withdrawn_at == NOON + 60
    for act in (
        lambda: private_link.retract_report(portal, city, accepted.token, NOON),
        lambda: private_link.set_public(portal, city, accepted.token, True, NOON),
        lambda: private_link.add_note(portal, city, accepted.token, "Wait", NOON),
    ):
        with pytest.raises(BadRequest):
            act()


NORTH = {"south": 42.31, "north": 42.34, "west": -71.09, "east": -71.05}
ROADS = RouteRule(
    "Roads", "North Yard", "works", "POT", match="pothole", areas=(("neighborhood", "Northside"),)
)


@pytest.fixture
def routed(city, add_area) -> Jurisdiction:
    """Smallville with two systems: potholes in Northside go to the roads' own."""
    add_area("Northside", **NORTH)
    systems = System("works", "open311"), System("desk", "open311", endpoint="desk")
    return replace(
        city,
        systems=systems,
        routes=(ROADS,),
        catch_all=RouteRule("City Hall", "Front Desk", "desk"),
    )


def message(portal):
    with portal.core.connect() as connection:
        return connection.execute(
            text("select system, code, payload from outbox order by case_key desc")
        ).first()


def test_a_report_goes_where_the_citys_rules_say(take, portal, routed, city):
    number = take(of=routed).case_id
    case = public_case(portal, city, number)
    assert (case.department, case.queue, case.neighborhood) == ("Roads", "North Yard", "Northside")
    assert message(portal)[:2] == ("works", "POT")
    assert unrouted(portal) == []


def unrouted(portal) -> list[str]:
    with portal.core.connect() as connection:
        of_case = "join cases c on c.jurisdiction_id = r.jurisdiction_id and c.id = r.case_key"
        return list(
            connection.execute(
                text(f"select c.case_id from reports r {of_case} where r.is_unrouted = 1")
            ).scalars()
        )


def test_what_no_rule_covers_goes_to_the_catch_all_queue_and_to_staffs_notice(
    take, portal, routed, city
):
    number = take(replace(REPORT, lat=42.305), of=routed).case_id
    assert public_case(portal, city, number).department == "City Hall"
    assert message(portal)[:2] == ("desk", None)
    with portal.core.connect() as connection:
        (lost,) = unrouted_reports(connection, city.id)
    assert (lost.case_id, lost.department, lost.queue) == (
        number,
        "City Hall",
        public_case(portal, city, number).queue,
    )


def test_a_town_without_rules_has_one_queue_and_nothing_to_look_into(take, portal, routed, city):
    take(of=replace(routed, routes=()))
    assert unrouted(portal) == []


@pytest.mark.parametrize(
    ("changes", "signals"),
    [
        ({"is_public": False}, NO_SIGNALS),
        ({}, DOUBTFUL),
        ({"service_code": "needle", "answers": {}}, NO_SIGNALS),
    ],
    ids=["private", "held", "never public"],
)
def test_a_report_that_is_not_public_shows_no_word_of_its_department_or_queue(
    take, portal, routed, changes, signals
):
    take(replace(REPORT, **changes), of=routed, signals=signals)
    with portal.public.connect() as connection:
        shown = (
            connection.execute(
                text("select name from public_labels where kind in ('department', 'queue')")
            )
            .scalars()
            .all()
        )
    assert shown == []


def test_a_type_that_is_never_public_can_be_reported_and_stays_so(take, portal, city):
    accepted = take(replace(REPORT, service_code="needle", answers={}))
    assert own_report(portal, city, accepted.token).visibility == "service"
    assert public_case(portal, city, accepted.case_id) is None


def test_answers_are_kept_as_systems_read_them(take, portal):
    take(replace(REPORT, answers={"size": ("large",), "since": ("2026-11-20", "14:05")}))
    assert '"since": ["2026-11-20T14:05:00-05:00"]' in message(portal)[2]


def test_a_resident_sees_what_they_answered_in_the_words_of_the_questions(take, portal, city):
    accepted = take(replace(REPORT, answers={"since": ("2026-11-20", "14:05"), "size": ("large",)}))
    size, since = own_report(portal, city, accepted.token).answers
    assert (size[0], since) == (SIZE.prompt, ("Since when?", "2026-11-20 14:05"))


def test_a_type_that_leads_elsewhere_is_not_taken(take, portal, city):
    with pytest.raises(BadRequest):
        take(
            of=replace(
                city, report_rules=(ReportRule("pothole", diversion={"en": "Call the county."}),)
            )
        )
    assert count(portal, "reports") == 0


def test_on_somebody_elses_land_nothing_is_taken_and_it_is_said_whose_it_is(take, portal, city):
    ring = ((-71.08, 42.31), (-71.06, 42.31), (-71.06, 42.33), (-71.08, 42.33), (-71.08, 42.31))
    park = OthersLand(
        Land("park", ((ring,),)),
        "State Parks",
        {"en": "A state park."},
        Elsewhere(phone="617-555-0142"),
    )
    with pytest.raises(BadRequest, match="State Parks"):
        take(of=replace(city, not_ours=(park,)))
    assert take(replace(REPORT, lat=42.335), of=replace(city, not_ours=(park,))).case_id


def test_a_report_sent_again_is_the_same_though_its_type_is_offered_no_more(take, city):
    first = take()
    assert (
        take(of=replace(city, report_rules=(ReportRule("pothole", reportable=False),))).case_id
        == first.case_id
    )


def test_a_report_whose_system_is_gone_is_routed_anew_by_todays_rules(take, portal, routed, city):
    number = take(of=routed).case_id
    moved = replace(routed, routes=(replace(ROADS, system="desk", code="7", queue="South Yard"),))
    with portal.transaction() as connection:
        case = connection.execute(select(Case.id).where(Case.case_id == number)).scalar_one()
        reroute_report(connection, moved, case)
    assert message(portal)[:2] == ("desk", "7")
