"""The screens of the report form: questions of every kind, diversions, the public preview."""

from __future__ import annotations

import pytest
from lxml import html as parser

from layouts.report.check import describe_answer
from layouts.report.details import details_screen, field_id
from layouts.report.draft import Draft
from layouts.report.form import Problem, Screen, report_page
from layouts.report.photo import ShownPhoto
from layouts.report.public import Preview, public_screen
from layouts.report.types import TypeView, diversion_screen, type_screen
from layouts.shared.prerender import to_html
from portal.domain.disclosure import Published
from portal.domain.report import Question, ReportableService

SIZE = Question(
    "size",
    "How large is it?",
    "singlevaluelist",
    is_required=True,
    choices=(("s", "Small"), ("l", "Large <wide>")),
)
LANES = Question("lanes", "Which lane?", "multivaluelist", choices=(("1", "Bus"), ("2", "Bicycle")))
PLATE = Question(
    "state",
    "Which state?",
    "singlevaluelist",
    choices=tuple((str(n), f"State {n}") for n in range(8)),
)
SEEN = Question("seen", "Since when?", "datetime")
QUESTIONS = (
    SIZE,
    LANES,
    PLATE,
    Question("depth", "How deep?", "number", hint="In inches"),
    SEEN,
    Question("more", "What else?", "text"),
    Question("info", "Crews come on Mondays.", is_asked=False),
)
EMPTY = Draft()
POTHOLE = ReportableService("1", "Pothole", questions=QUESTIONS)
PUBLISHED = Published("Pothole", "3 Adams St", None, 42.32, -71.07, "Deep", None, ("phone",))
PHOTO = ShownPhoto("f" * 32, "/report/photos/f.webp")


@pytest.fixture
def drawn(city):
    def draw(screen: Screen, draft: Draft = EMPTY, problems: tuple[Problem, ...] = ()):
        return parser.fromstring(to_html(report_page(city, screen, draft, problems).body))

    return draw


def test_each_kind_of_question_has_its_own_field(drawn):
    root = drawn(details_screen(Draft(), POTHOLE))
    kinds = {
        name: root.xpath(f"//*[@name='answer.{name}']")
        for name in ("size", "lanes", "state", "depth", "seen", "more", "info")
    }
    assert [field.get("type") for field in kinds["size"]] == ["radio", "radio"]
    assert [field.get("type") for field in kinds["lanes"]] == ["checkbox", "checkbox"]
    assert [field.tag for field in kinds["state"] + kinds["more"]] == ["select", "textarea"]
    assert [
        field.get("inputmode") or field.get("type") for field in kinds["depth"] + kinds["seen"]
    ] == ["decimal", "date", "time"]
    assert kinds["info"] == []
    assert "Crews come on Mondays." in root.text_content()
    assert "Large <wide>" in root.text_content()


def test_what_was_answered_stands_in_its_field_again(drawn):
    answers = {
        "size": ("l",),
        "lanes": ("1", "2"),
        "state": ("3",),
        "depth": ("7",),
        "seen": ("2026-11-20", "14:05"),
        "more": ("<b>",),
    }
    root = drawn(details_screen(Draft(answers=answers, note="\nDeep"), POTHOLE))
    assert root.xpath("//input[@checked]/@value") == ["l", "1", "2"]
    assert root.xpath("//option[@selected]/@value") == ["3"]
    assert root.xpath("//*[@name='answer.depth']/@value") == ["7"]
    assert root.xpath("//*[@name='answer.seen']/@value") == ["2026-11-20", "14:05"]
    assert root.xpath("//*[@name='answer.more']")[0].text == "<b>"


def test_every_field_has_a_label_and_what_is_wrong_beside_it(drawn):
    problems = (
        Problem("answer.size", "Please answer: How large is it?"),
        Problem("note", "Too long"),
    )
    root = drawn(details_screen(Draft(), POTHOLE, problems), Draft(), problems)
    for field in root.xpath(
        "//*[self::input[not(@type='hidden')] or self::textarea or self::select]"
    ):
        assert root.xpath(f"//label[@for='{field.get('id')}']") or field.xpath("ancestor::label"), (
            field.get("name")
        )
    assert [link.get("href") for link in root.xpath("//*[@id='problems']//a")] == [
        "#answer.size",
        "#note",
    ]
    assert root.xpath("//textarea[@id='note']/@aria-invalid") == ["true"]
    assert root.xpath("//textarea[@id='note']/@aria-describedby") == ["note-hint note-problem"]
    assert root.xpath("//*[@id='note-problem']")[0].text == "Too long"


@pytest.mark.parametrize("is_emergency", [True, False])
def test_a_diversion_says_what_to_do_and_leads_only_back_to_the_types(drawn, is_emergency):
    service = ReportableService(
        "1",
        "Gas leak",
        diversion={"en": "Call 911 now.", "es": "Llame al 911 ahora."},
        is_emergency=is_emergency,
    )
    root = drawn(diversion_screen(service))
    assert "Call 911 now." in root.text_content()
    assert root.xpath("//div[@class='report-ways']//button/@value") == ["again"]
    assert bool(root.xpath("//*[contains(@class, 'notice-warning')]")) == is_emergency


def test_answers_are_looked_at_once_more_as_people_say_them():
    said = {
        question.code: describe_answer(question, given)
        for question, given in (
            (LANES, ("1", "2")),
            (PLATE, ("3",)),
            (SEEN, ("2026-11-20", "14:05")),
        )
    }
    assert said == {"lanes": "Bus, Bicycle", "state": "State 3", "seen": "20 November 2026, 14:05"}
    assert describe_answer(SEEN, ("2026-11-20",)) == "20 November 2026"


def test_the_preview_says_what_is_hidden_and_shows_the_photos(drawn):
    root = drawn(
        public_screen(Draft(), Preview("Pothole", PUBLISHED, "exact", "Northside", (PHOTO,)))
    )
    assert "We have hidden a phone number here." in root.text_content()
    assert root.xpath("//img/@src") == [PHOTO.address]


def test_of_a_home_neither_house_number_nor_photo_is_shown(drawn):
    root = drawn(
        public_screen(Draft(), Preview("Heating", PUBLISHED, "block", "Northside", (PHOTO,)))
    )
    assert "without the house number" in root.text_content()
    assert "Your photos are seen by the city alone." in root.text_content()
    assert root.xpath("//img") == []


def test_a_type_that_is_never_public_asks_nobody_who_may_see_it(drawn):
    root = drawn(public_screen(Draft(), Preview("Needles", None)))
    assert root.xpath("//input[@type='radio']") == []
    assert "seen by the city and by you alone" in root.text_content()


def test_the_enter_key_presses_the_button_that_goes_on(drawn):
    root = drawn(details_screen(Draft(), POTHOLE))
    assert root.xpath("//form//button")[0].get("value") == "next"


def test_a_choice_that_may_be_left_open_can_be_taken_back(drawn):
    near = Question(
        "near", "Is it near a school?", "singlevaluelist", choices=(("y", "Yes"), ("n", "No"))
    )
    service = ReportableService("1", "Pothole", questions=(near,))
    root = drawn(details_screen(Draft(answers={"near": ("n",)}), service))
    assert root.xpath("//input[@name='answer.near']/@value") == ["y", "n", ""]
    assert drawn(details_screen(Draft(), service)).xpath("//input[@checked]/@value") == [""]


def test_a_code_with_blanks_and_signs_still_ties_a_problem_to_its_field(drawn):
    asked = Question("SR 7 [a]", "Which pole?", is_required=True)
    problems = (Problem(field_id(asked), "Please answer: Which pole?"),)
    root = drawn(
        details_screen(Draft(), ReportableService("1", "Light", questions=(asked,)), problems),
        Draft(),
        problems,
    )
    (target,) = root.xpath("//*[@id='problems']//a/@href")
    (field,) = root.xpath(f"//*[@id='{target.removeprefix('#')}']")
    assert (field.get("name"), " " in field.get("id")) == ("answer.SR 7 [a]", False)
    assert (
        root.xpath(f"//*[@id='{field.get('aria-describedby')}']")[0].text
        == "Please answer: Which pole?"
    )


@pytest.mark.parametrize(("count", "is_open"), [(8, True), (9, False)])
def test_groups_of_a_town_with_few_types_are_open(drawn, count, is_open):
    """A town with three types hid all of them behind two headings."""
    types = tuple(
        ReportableService(str(n), f"Type {n}", group=("Streets", "Trash")[n % 2])
        for n in range(count)
    )
    groups = drawn(type_screen(Draft(), TypeView(types))).findall(".//details")
    assert [group.get("open") is not None for group in groups] == [is_open, is_open]
