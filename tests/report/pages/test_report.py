"""The report form as a browser without scripts uses it, from screen to screen until it is sent."""

from __future__ import annotations

import re
from io import BytesIO
from time import monotonic

import pytest
from flask.testing import FlaskClient
from lxml import html as parser
from sqlalchemy import select, text

from portal.abuse.rate_limits import WHOLE_CITY, WITHOUT_PROOF, is_crowded
from portal.domain.tracking_number import parse_tracking_number
from portal.facts import publish as facts_publish
from portal.photos.pipeline import SECONDS
from portal.queries.report.similar_cases import open_cases_like
from portal.store.models import Case
from portal.store.report_models import ReportRow
from tests.conftest import NOW
from tests.photos.samples import exif, saved, scene
from tests.support.clock import NOON
from tests.support.other_sites import OTHER_SITES
from tests.support.report_form import Form

HERE = exif(lat=(42.0, 19.0, 15.24), lon=(71.0, 4.0, 12.0))
"""42.3209° N, 71.07° W: 3 Adams St."""


@pytest.fixture
def client(writing_client) -> FlaskClient:
    return writing_client


def test_the_scripts_of_the_form_are_there_before_somebody_types(client, town):
    head = client.get("/report").text.partition("</head>")[0]
    assert "<template" not in head
    assert re.findall(r'<script src="/assets/([\w-]+)\.js\?v=\w+"[^>]* defer>', head)[:2] == [
        "boot",
        "report-store",
    ]


def test_a_report_goes_from_the_first_screen_to_its_number(form, client):
    questions = [form.question]
    for go, typed in (
        ("next", {}),
        ("find", {"place": "3 Adams St"}),
        ("next", {}),
        ("next", {"service": "Pothole"}),
        ("next", {}),
        ("next", {"note": "Deep, at the crosswalk"}),
        ("next", {"who": "public"}),
    ):
        questions.append(form.press(go, **typed).question)
    assert questions == [
        "Do you have a photo?",
        "Where is it?",
        "Where is it?",
        "What is it about?",
        "Has it been reported already?",
        "What should the crew know?",
        "Who may see your report?",
        "Check and send",
    ]
    sent = form.press().answer
    assert sent.status_code == 303
    page = parser.fromstring(client.get(sent.location).data)
    number = parse_tracking_number(page.xpath("//strong[@class='sent-number']")[0].text)
    assert number
    # What is shared is what everybody may see, and never the resident's own link.
    assert page.xpath("//button[@id='share']/@data-url") == [
        f"http://127.0.0.1:8050/cases/{number}"
    ]
    case = parser.fromstring(client.get(f"/cases/{number}").data)
    assert case.xpath("//h1")[0].text_content() == "Pothole at 3 Adams St"
    assert "Deep, at the crosswalk" in case.text_content()
    assert "Northside" in case.text_content()


def test_a_report_is_found_by_words_and_in_the_list_at_once(form, client):
    form.to_check(note="Zebra stripes are gone").press()
    assert "Zebra stripes" in parser.fromstring(client.get("/search?q=zebra").data).text_content()
    assert "Zebra stripes" in parser.fromstring(client.get("/cases").data).text_content()


def test_sent_twice_is_one_report_with_one_page(form, client, portal):
    form.to_check()
    first = form.press().answer.location
    form.answer = client.post("/report/send", data=form.last_sent)
    with portal.core.connect() as connection:
        assert connection.execute(text("select count(*) from reports")).scalar_one() == 1
    assert form.answer.location == first


def test_the_same_form_with_other_words_is_no_second_report_by_accident(form, client, portal):
    form.to_check()
    form.press()
    changed = {**form.last_sent, "note": ["Something else"]}
    form.answer = client.post("/report/send", data=changed)
    assert "You have sent this report already" in form.problems[0]
    assert form.fields["note"] == ["Something else"]
    assert form.press().answer.status_code == 303
    with portal.core.connect() as connection:
        assert connection.execute(text("select count(*) from reports")).scalar_one() == 2


def test_back_and_change_lose_nothing_that_was_typed(form):
    form.to_check(note="Deep\nand wide")
    form.press("to:where")
    assert form.question == "Where is it?"
    form.press("back", place="half typed")
    assert form.question == "Do you have a photo?"
    form.press("to:check")
    assert form.question == "Check and send"
    assert {name: form.fields[name][0] for name in ("service", "note", "who", "place")} == {
        "service": "Pothole",
        "note": "Deep\nand wide",
        "who": "public",
        "place": "half typed",
    }


def test_nobody_gets_ahead_of_a_question_that_is_not_answered(form):
    assert form.press("to:check").question == "Where is it?"


@pytest.mark.parametrize(
    ("steps", "typed", "said"),
    [
        (1, {}, "Say where it is"),
        (1, {"place": "Nowhere Blvd"}, "We do not know “Nowhere Blvd”"),
        (3, {}, "Choose what it is about."),
        (3, {"service": "no such type"}, "Choose what it is about."),
        (5, {"note": "x" * 4_010}, "Please shorten your words by 10 letters."),
        (6, {}, "Choose who may see it."),
        (7, {"email": "not an address"}, "That doesn’t look like an e-mail address"),
    ],
)
def test_what_is_not_right_is_said_with_a_link_to_its_field(form, steps, typed, said):
    answers = [
        ("next", {}),
        ("find", {"place": "3 Adams St"}),
        ("next", {}),
        ("next", {"service": "Pothole"}),
        ("next", {}),
    ]
    answers += [("next", {"note": "Deep"}), ("next", {"who": "public"})]
    for go, answer in answers[:steps]:
        form.press(go, **answer)
    form.press(**typed)
    assert said in form.problems[0]
    field = form.root.xpath("//*[@id='problems']//a/@href")[0].removeprefix("#")
    assert form.root.xpath(f"//*[@id='{field}']"), field
    for name, value in typed.items():
        assert form.fields.get(name, [value])[0] == value
    assert form.root.xpath("//title")[0].text.startswith("Not right yet: ")


def test_nobody_is_asked_for_an_address_that_we_cannot_write_to(form, portal):
    for go, answer in [
        ("next", {}),
        ("find", {"place": "3 Adams St"}),
        ("next", {}),
        ("next", {"service": "Pothole"}),
        ("next", {}),
    ]:
        form.press(go, **answer)
    portal.settings = portal.settings.model_copy(update={"smtp_url": ""})
    form.press("next", note="Deep").press("next", who="public")
    assert form.question == "Check and send"
    assert "email" not in form.fields


@pytest.mark.parametrize("is_gone", ["while it is filled in", "afterwards"])
def test_no_page_promises_an_email_that_we_cannot_send(form, portal, client, is_gone):
    def lose_mail_server() -> None:
        portal.settings = portal.settings.model_copy(update={"smtp_url": ""})

    form.to_check()
    if is_gone == "while it is filled in":
        lose_mail_server()
    sent = form.press(email="ana@example.org").answer.location
    if is_gone == "afterwards":
        assert "We write to you" in form.client.get(sent).text
        lose_mail_server()
    for address in (sent, sent.removesuffix("/sent")):
        page = form.client.get(address).text
        assert "We write to you" not in page
    assert ("can’t send e-mails now" in page) == (is_gone == "afterwards")
    with portal.core.connect() as connection:
        kept = connection.execute(text("select count(*) from contacts")).scalar_one()
    assert kept == int(is_gone == "afterwards")


def test_a_place_outside_of_the_city_is_said_and_whom_to_turn_to(client, clock, town):
    form = Form(client, clock, "/report?lat=42.40&lon=-71.07").press()
    assert "outside of Smallville" in form.root.text_content()
    assert "turn to the town or city" in form.press().problems[0]
    assert form.question == "Where is it?"


def test_several_streets_of_one_name_are_buttons_to_choose_among(two_streets, form):
    form.press().press("find", place="Adams St")
    assert len(form.choices) == 2
    form.press(form.choices[0])
    assert not form.choices
    assert form.press().question == "What is it about?"


@pytest.mark.parametrize(
    "value", ["hit:", "hit:1", "hit:a,b,c", "hit:nan,1,x", "hit:99,1,x", "hit:1,999,x"]
)
def test_a_button_that_was_not_offered_is_refused(form, value):
    assert form.press().press(value).answer.status_code == 400


def test_a_pin_is_moved_by_buttons_alone(form):
    form.press().press("find", place="3 Adams St")
    before = float(form.fields["lat"][0])
    form.press("north")
    # 32 pixels at zoom 17 are 28 m: 0.00025 degrees.
    assert float(form.fields["lat"][0]) - before == pytest.approx(0.00025, abs=0.00003)
    form.press("south").press("closer").press("closer").press("north")
    assert float(form.fields["lat"][0]) - before == pytest.approx(0.00006, abs=0.00002)
    assert "Adams St" in form.root.xpath("//p[@class='pin-said']")[0].text_content()


def test_a_pin_in_a_neighborhood_that_was_typed_names_it_once(form):
    form.press().press("find", place="Northside")
    if choice := form.choices:
        form.press(choice[0])
    assert form.root.xpath("//p[@class='pin-said']")[0].text_content().count("Northside") == 1


def test_own_words_narrow_the_types_down_and_all_come_back(form):
    form.press().press("find", place="3 Adams St").press()
    form.press("find", words="spray paint, graffiti")
    assert form.root.xpath("//label//input[@name='service']/@value") == ["Graffiti"]
    form.press("find", words="xyzzy")
    assert "No type fits" in form.root.text_content()
    form.press("all")
    assert len(form.root.xpath("//label//input[@name='service']")) == 2


def test_the_types_reported_near_the_place_come_first(form):
    form.press().press("find", place="3 Adams St").press()
    first = form.root.xpath("//fieldset[@class='report-likely']//input/@value")
    assert first == ["Pothole", "Graffiti"]


def test_open_cases_alike_are_shown_once_and_lead_to_their_pages(form):
    form.press().press("find", place="3 Adams St").press().press(service="Pothole")
    links = form.root.xpath("//ul[@class='report-similar']//a/@href")
    assert links[0] == "/cases/13"
    form.press()
    assert form.press("back").question == "What is it about?"
    assert form.press().question == "What should the crew know?"


@pytest.mark.parametrize("status", ["open", "in_progress", "closed"])
def test_only_cases_that_are_not_closed_are_offered_as_the_same(
    town, add_case, portal, city, client, clock, status
):
    """A closed one would keep someone from reporting what is broken again."""
    closed = {"closed": "2026-11-20"} if status == "closed" else {}
    add_case("31", opened="2026-11-10", status=status, service="Graffiti", lat=42.3209, **closed)
    facts_publish.update(portal.core, city, portal.facts_folder)
    offered = open_cases_like(portal, city.id, "graffiti", 42.3209, -71.07, clock.now)
    numbers = [case.case_id for case in offered]
    assert numbers == (["21"] if status == "closed" else ["31", "21"])
    form = Form(client, clock)
    form.press().press("find", place="3 Adams St").press().press(service="Graffiti")
    links = form.root.xpath("//ul[@class='report-similar']//a/@href")
    pages = [link for link in links if not link.endswith("/follow")]
    assert pages == [f"/cases/{number}" for number in numbers]


def test_where_all_cases_alike_are_closed_nothing_is_offered(
    add_case, portal, city, town, client, clock
):
    add_case("31", opened="2026-11-10", closed="2026-11-22", service="Snow", lat=42.3209)
    facts_publish.update(portal.core, city, portal.facts_folder)
    assert open_cases_like(portal, city.id, "snow", 42.3209, -71.07, clock.now) == ()


def test_the_preview_is_what_the_page_then_shows(form, client):
    form.to_check(note="Call 617-555-0143, it is deep").press("to:public")
    preview = form.root.xpath("//div[@class='report-preview']//blockquote")[0].text_content()
    assert "617" not in preview
    assert "We have hidden a phone number here." in form.root.text_content()
    number = sent_number(client, form.press().press().answer.location)
    shown = (
        parser.fromstring(client.get(f"/cases/{number}").data)
        .xpath("//blockquote")[0]
        .text_content()
    )
    assert shown == preview


def sent_number(client, address: str) -> str:
    number = parse_tracking_number(
        parser.fromstring(client.get(address).data).xpath("//strong[@class='sent-number']")[0].text
    )
    assert number
    return number


def test_a_private_report_is_nowhere_but_behind_its_link(form, client, portal, city):
    form.to_check(who="private", note="canary-7Q at my fence")
    address = form.press().answer.location
    number = sent_number(client, address)
    facts_publish.update(portal.core, city, portal.facts_folder)
    assert client.get(f"/cases/{number}").status_code == 404
    for path in ("/", "/cases", "/search?q=canary", f"/search?q={number}", "/places/northside"):
        assert b"canary-7Q" not in client.get(path).data, path
    assert (
        "canary-7Q at my fence"
        in parser.fromstring(client.get(address.removesuffix("/sent")).data).text_content()
    )


def test_too_quick_a_form_is_taken_and_held_for_a_look(town, client, clock, portal):
    form = Form(client, clock, "/report?lat=42.3209&lon=-71.07")
    form.to_check()
    clock.now = NOON + 1
    fields = form.fields
    address = client.post("/report/send", data={**fields, "go": "next"}).location
    number = sent_number(client, address)
    assert client.get(f"/cases/{number}").status_code == 404
    assert "look at it" in parser.fromstring(client.get(address).data).text_content()
    assert visibility(portal, number) == "held"
    assert doubts(portal, number) == "quick"


def doubts(portal, number: str) -> str:
    of_case = (Case.jurisdiction_id == ReportRow.jurisdiction_id) & (Case.id == ReportRow.case_key)
    with portal.core.connect() as connection:
        return connection.execute(
            select(ReportRow.doubts).join(Case, of_case).where(Case.case_id == number)
        ).scalar_one()


def visibility(portal, number: str) -> str:
    with portal.core.connect() as connection:
        return connection.execute(
            select(Case.visibility).where(Case.case_id == number)
        ).scalar_one()


def test_who_fills_in_the_trap_is_held(form, client, portal):
    form.to_check()
    number = sent_number(client, form.press(website="https://spam.example").answer.location)
    assert (visibility(portal, number), doubts(portal, number)) == ("held", "trap")


def test_a_piece_of_work_that_is_made_up_holds_a_report_and_none_does_not(form, client, portal):
    form.to_check()
    number = sent_number(client, form.press(proof="e30=").answer.location)
    assert (visibility(portal, number), doubts(portal, number)) == ("held", "forged")


def test_the_seventh_report_in_an_hour_from_one_place_is_held_and_the_others_are_not(
    town, client, clock, portal
):
    seen = []
    for n in range(7):
        form = Form(client, clock, "/report?lat=42.3209&lon=-71.07")
        form.to_check(note=f"Number {n}")
        data = {**form.fields, "go": "next"}
        address = client.post(
            "/report/send", data=data, environ_overrides={"REMOTE_ADDR": "8.8.4.4"}
        ).location
        seen.append(visibility(portal, sent_number(client, address)))
    assert seen == ["public"] * 6 + ["held"]


def test_one_household_that_sends_without_end_takes_nothing_of_what_all_of_them_have(portal, city):
    """Everybody's reports were held after six hundred of its own, in an hour."""

    def is_held(address: str) -> bool:
        with portal.transaction() as connection:
            return is_crowded(
                connection, portal.settings, city.id, address, False, int(NOW.timestamp())
            )

    assert [is_held("8.8.4.4") for _ in range(WHOLE_CITY.capacity + 10)].count(
        False
    ) == WITHOUT_PROOF.capacity
    assert not is_held("93.184.216.34")


def test_a_photo_comes_along_and_sets_the_pin(form, client):
    photo = saved(scene(), "JPEG", exif=HERE)
    form.answer = client.post(
        "/report", data={**form.fields, "go": "next", "photo": (BytesIO(photo), "hole.jpg")}
    )
    assert form.question == "Where is it?"
    assert (form.fields["lat"], form.fields["lon"]) == (["42.3209"], ["-71.07"])
    form.press().press(service="Graffiti")
    if "already" in form.question:
        form.press()
    form.press(note="x").press(who="public")
    small = form.root.xpath("//ul[@class='report-photos']//img/@src")[0]
    assert client.get(small).data[8:12] == b"WEBP"
    address = form.press().answer.location
    own = parser.fromstring(client.get(address.removesuffix("/sent")).data).xpath(
        "//ul[@class='report-photos']//img/@src"
    )[0]
    assert client.get(own).data[8:12] == b"WEBP"
    assert client.get(small).status_code == 404


def test_a_report_with_a_photo_sent_twice_is_one_report(form, client, portal):
    form.to_check()
    photo = saved(scene(), "JPEG")
    fields = {**form.fields, "go": "next"}
    first = client.post("/report/send", data={**fields, "photo": (BytesIO(photo), "hole.jpg")})
    again = client.post("/report/send", data={**fields, "photo": (BytesIO(photo), "hole.jpg")})
    with portal.core.connect() as connection:
        [name] = connection.execute(text("select name from photos")).scalars()
        assert connection.execute(text("select count(*) from reports")).scalar_one() == 1
    by_name = client.post("/report/send", data={**fields, "photos": name})
    assert first.status_code == 303
    assert (first.location, again.location, by_name.location) == (first.location,) * 3


def test_the_photo_of_another_report_is_none_of_this_form(form, client, town, clock, portal):
    form.to_check()
    client.post(
        "/report/send",
        data={**form.fields, "go": "next", "photo": (BytesIO(saved(scene(), "JPEG")), "hole.jpg")},
    )
    with portal.core.connect() as connection:
        name = connection.execute(text("select name from photos")).scalar_one()
    assert "photos" not in Form(client, clock).press("add", photos=name).fields


def test_the_same_photo_chosen_twice_is_one_photo(form, client):
    photo = saved(scene(), "JPEG")
    form.answer = client.post(
        "/report", data={**form.fields, "go": "add", "photo": (BytesIO(photo), "hole.jpg")}
    )
    form.answer = client.post(
        "/report", data={**form.fields, "go": "add", "photo": (BytesIO(photo), "again.jpg")}
    )
    assert len(form.fields["photos"]) == 1


def test_what_is_no_photo_is_said_and_the_rest_goes_on(form, client):
    data = {
        **form.fields,
        "go": "next",
        "photo": [(BytesIO(b"GIF89a"), "a.gif"), (BytesIO(saved(scene(), "JPEG")), "b.jpg")],
    }
    form.answer = client.post("/report", data=data)
    assert form.question == "Do you have a photo?"
    assert form.problems == [
        "a.gif: This is not a photo we can read. Please send a JPEG, PNG, WebP or HEIC."
    ]
    assert len(form.root.xpath("//ul[@class='report-photos']//img")) == 1
    name = form.fields["photos"][0]
    form.press(f"drop:{name}")
    assert "photos" not in form.fields


def test_a_photo_that_cannot_be_read_is_said_at_the_last_step_too(form, client, portal):
    """It was left out there without a word, and the report went."""
    form.to_check()
    form.answer = client.post(
        "/report/send", data={**form.fields, "go": "next", "photo": (BytesIO(b"GIF89a"), "a.gif")}
    )
    assert form.question == "Do you have a photo?"
    assert form.problems == [
        "a.gif: This is not a photo we can read. Please send a JPEG, PNG, WebP or HEIC."
    ]
    with portal.core.connect() as connection:
        assert connection.execute(text("select count(*) from reports")).scalar_one() == 0


def test_what_is_not_right_at_the_last_step_is_said_in_the_readers_language(form, client):
    """It was said in English there, in the middle of a Spanish form."""
    form.to_check()
    unseen = {**form.fields, "go": "next", "who": ""}
    form.answer = client.post("/report/send?lang=es", data=unseen)
    assert form.problems == ["Elija quién puede verlo."]
    unread = {**form.fields, "go": "next", "who": "public"}
    form.answer = client.post(
        "/report/send?lang=es", data={**unread, "photo": (BytesIO(b"GIF89a"), "a.gif")}
    )
    assert form.problems and "This is not a photo" not in form.problems[0]


@pytest.mark.usefixtures("crowd")
def test_where_too_many_photos_are_being_read_it_is_said_at_once_and_pages_are_answered(
    form, client
):
    """Twelve large photos at once kept a page waiting for eight seconds."""
    began = monotonic()
    form.answer = client.post(
        "/report",
        data={**form.fields, "go": "next", "photo": (BytesIO(saved(scene(), "JPEG")), "a.jpg")},
    )
    assert monotonic() - began < SECONDS, "it waited in line"
    assert form.problems == [
        "a.jpg: Many photos are being read just now. Please add yours again in a minute."
    ]


def test_a_made_up_name_of_a_photo_is_dropped(form):
    form.press("add", photos=["0" * 32, "../../etc/passwd"])
    assert "photos" not in form.fields


def test_photos_too_large_together_are_refused_with_what_to_do(form, client):
    answer = client.post(
        "/report", data={**form.fields, "photo": (BytesIO(bytes(21 << 20)), "x.jpg")}
    )
    assert answer.status_code == 400
    assert "send them one at a time" in parser.fromstring(answer.data).text_content()


@pytest.mark.parametrize("headers", OTHER_SITES, ids=str)
def test_a_form_on_another_site_is_refused(form, client, headers):
    for address in ("/report", "/report/send"):
        assert client.post(address, data=form.fields, headers=headers).status_code == 403


def test_a_browser_that_tells_only_the_origin_is_let_in_from_here(form, client):
    assert (
        client.post("/report", data=form.fields, headers={"Origin": "http://localhost"}).status_code
        == 200
    )


def test_no_screen_is_kept_by_anybody(form):
    form.to_check()
    assert form.answer.headers["Cache-Control"] == "no-store"
    assert form.root.xpath("//meta[@name='robots']/@content") == ["noindex"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"step": "check", "go": "next"},
        {"step": "details"},
        {"step": "public"},
        {"step": "similar"},
        {"step": "where", "go": "find"},
    ],
    ids=str,
)
def test_a_form_out_of_order_asks_for_what_is_missing(town, client, data):
    for address in ("/report", "/report/send"):
        assert client.post(address, data=data).status_code == 200


@pytest.mark.parametrize(
    "data",
    [{"step": "nope"}, {"go": "nope"}, {"go": "to:nope"}, {"step": "what", "go": "north"}],
    ids=str,
)
def test_a_screen_or_a_button_that_there_is_not_is_refused(town, client, data):
    assert client.post("/report", data=data).status_code == 400


def test_the_form_speaks_the_readers_language(town, client):
    assert parser.fromstring(client.get("/report?lang=es").data).get("lang") == "es"


def test_a_city_without_types_says_so(client):
    assert "does not take reports" in parser.fromstring(client.get("/report").data).text_content()


def test_the_map_of_a_place_is_asked_for_alone(town, client):
    answer = client.get("/report/pin?lat=42.3209&lon=-71.07&zoom=17")
    assert re.search(r'data-address="Near 3 Adams St"', answer.text)
    assert "<html" not in answer.text
    assert client.get("/report/pin?lat=x&lon=&zoom=99").status_code == 200
