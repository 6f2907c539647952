"""A town's file sets up its work-order desk, and with it everything that leads there and back."""

from __future__ import annotations

import re
import tomllib

import pytest

from portal import jurisdictions
from portal.domain.jurisdiction import PhotoSource
from portal.domain.report import Question
from portal.domain.route_rules import Place
from portal.errors import SettingsError
from tests.jurisdictions.test_city_file import ROOT, TOWN, refusal_of

DESK = """
[desk]
department = "Town Hall"
queue = "Front desk"
"""
POTHOLE = """
[[desk.types]]
name = "Pothole"
queue = "Streets crew"
days = 5

[[desk.types.questions]]
ask = "Where is it?"
choices = ["In the lane", "At the curb"]
required = true
"""


def town_with(desk: str):
    return jurisdictions.parse("riverton", tomllib.loads(TOWN + desk))


def test_desk_alone_makes_a_town_that_takes_reports_and_reads_them_back():
    city = town_with(DESK + POTHOLE)
    assert city.takes_reports
    assert [(table["name"], table["endpoint"]) for table in city.sources] == [("desk", "desk")]
    assert city.systems[0].is_read_by(city.sources[0])
    assert city.photos == PhotoSource(("desk",))


def test_each_type_goes_to_its_own_queue_and_else_to_that_of_the_desk():
    city = town_with(DESK + POTHOLE + '[[desk.types]]\nname = "Señal dañada"')
    assert city.desk
    assert [(kind.code, kind.department, kind.queue) for kind in city.desk.types] == [
        ("pothole", "Town Hall", "Streets crew"),
        ("senal-danada", "Town Hall", "Front desk"),
    ]
    first, second = city.routes
    assert first.find_misfit("pothole", "Pothole", Place(42, -71)) is None
    assert second.find_misfit("pothole", "Pothole", Place(42, -71)) == "type"


def test_questions_have_the_kind_of_their_answer():
    more = '[[desk.types.questions]]\nask = "How deep?"\nanswer = "number"\n'
    setup = town_with(DESK + POTHOLE + more).desk
    assert setup
    choices = (("in-the-lane", "In the lane"), ("at-the-curb", "At the curb"))
    assert setup.types[0].questions == (
        Question("where-is-it", "Where is it?", "singlevaluelist", True, "", choices),
        Question("how-deep", "How deep?", "number"),
    )


@pytest.mark.parametrize(
    ("desk", "sentence"),
    [
        (DESK, "desk: there are no [[desk.types]]; write at least one thing"),
        (DESK + POTHOLE + POTHOLE, "desk: types 2 is 'Pothole', like types 1; give it another"),
        (DESK + POTHOLE.replace("5", "0"), "desk: types 1: days is 0; it must be more than 0"),
        (POTHOLE, "desk: the key 'department' is missing"),
        (DESK + POTHOLE.replace('"At the curb"', '"in the lane"'), "choices has 'in the lane'"),
        (DESK + POTHOLE + 'answer = "photo"', "answer is 'photo'; it is one of line, text, number"),
        (DESK + POTHOLE + "several = 1", "several is 1; it must be true or false"),
        (
            DESK + POTHOLE + '[[systems]]\nname = "x"\nkind = "email"\naddress = "a@b.example"',
            "there is a [desk], which takes all reports",
        ),
    ],
)
def test_mistake_in_the_desk_is_named_with_its_key_and_what_is_right(desk, sentence):
    assert sentence in refusal_of(TOWN + desk)


def test_file_of_the_first_town_is_right():
    page = (ROOT / "docs" / "first-town.md").read_text(encoding="utf-8")
    file = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0]
    city = jurisdictions.parse("mytown", tomllib.loads(file))
    assert city.desk
    assert [kind.queue for kind in city.desk.types] == ["Streets crew", "Lights", "Front desk"]


def test_unknown_city_is_told_which_there_are_and_where_to_put_its_file():
    with pytest.raises(SettingsError, match=re.escape("add portal/jurisdictions/mytown.toml")):
        jurisdictions.load("mytown")
