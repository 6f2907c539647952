"""On a page in another language, the city's own words are marked with theirs (WCAG 2.2, 3.1.2).

Our own words are never marked as the city's.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import html as parser
from sqlalchemy import insert, select

from app import create_app
from layouts.shared.city_words import city_text, mark_city_words
from layouts.shared.language import speaking
from layouts.shared.prerender import to_html
from portal.context import Portal
from portal.store.models import Case, CaseRevision
from tests.support.addresses import PLACES_AND_SEARCH
from tests.support.clock import Clock
from tests.support.report_form import Form

CITYS_WORDS = (
    "Pothole", "Street Light", "Hole in asphalt", "Deep at the crosswalk", "Filled with asphalt", 
    "Constituent Call", "Highway Crew", "Public Works Dept",
)  # fmt: skip
OURS = ("Qué pasó", "Cerrado", "Abierto", "Buscar", "Vencido")
PAGES = (
    "/",
    "/cases",
    "/cases?service=pothole&department=public-works-dept&channel=constituent-call",
    "/cases?service=potholes",
    "/cases/101",
    "/cases/102",
    "/cases/101/popup",
    *PLACES_AND_SEARCH,
    "/search?q=pothole",
    "/search?q=101",
    "/status",
    "/nowhere",
)


@pytest.fixture
def town(add_case, publish, portal):
    shared = {
        "department": "Public Works Dept",
        "queue": "Highway Crew",
        "channel": "Constituent Call",
        "neighborhood": "Northside",
    }
    shared |= {"address": "3 Adams St", "title": "Hole in asphalt", "note": "Deep at the crosswalk"}
    today = datetime.now(UTC).date().isoformat()
    add_case(
        "101",
        opened="2026-01-05",
        closed="2026-01-06",
        closure_reason="Filled with asphalt",
        **shared,
    )
    add_case("102", opened=today, **shared)
    add_case("103", opened=today, service="Street Light", lat=42.3201, **shared | {"note": None})
    add_case("104", opened=today, **shared)
    with portal.transaction() as connection:
        number = connection.execute(select(Case.id).where(Case.case_id == "101")).scalar_one()
        change = {
            "rev": 9,
            "field": "note",
            "old_value": "Deep",
            "new_value": "Deep at the crosswalk",
            "seen_at": 1_767_700_000,
        }
        connection.execute(
            insert(CaseRevision).values(
                jurisdiction_id="smallville", id=number, source_updated_at=1_767_700_000, **change
            )
        )
    publish()


def spoken(part) -> str:
    """The language of an element: its own, or that of the closest one around it."""
    return part.xpath("ancestor-or-self::*[@lang][1]/@lang")[-1]


def said(root):
    """(element, text) of everything that is read out; no data of scripts, no addresses to copy."""
    for node in root.xpath(
        "//body//text()[normalize-space()] | /*[not(self::html)]//text()[normalize-space()]"
    ):
        holder = node.getparent() if node.is_text else node.getparent().getparent()
        if holder.tag not in ("script", "template", "style"):
            yield holder, str(node)


def in_our_language(root, citys: str = "en") -> list[str]:
    """Words of the city that a screen reader would mispronounce.

    What the visitor typed is in quotation marks.
    """
    words = re.compile("|".join(CITYS_WORDS))
    return [
        text
        for part, text in said(root)
        if words.search(re.sub("“[^”]*”", "", text)) and spoken(part) != citys
    ]


def in_the_citys(root) -> list[str]:
    """Words of ours that claim to be the city's."""
    return [
        text
        for part, text in said(root)
        if spoken(part) == "en" and any(word in text for word in OURS)
    ]


def page(client, path):
    joined = f"{path}{'&' if '?' in path else '?'}lang=es"
    body = client.get(joined).text
    return parser.document_fromstring(
        body
        if body.startswith("<!DOCTYPE")
        else f'<!DOCTYPE html><html lang="es"><body>{body}</body></html>'
    )


@pytest.mark.parametrize("path", PAGES)
def test_the_citys_words_on_a_spanish_page_are_in_the_citys_language(client, town, path):
    root = page(client, path)
    assert in_our_language(root) == []
    assert in_the_citys(root) == []


def test_the_walk_meets_every_word_of_the_city(client, town):
    everything = " ".join(text for path in PAGES for _, text in said(page(client, path)))
    assert [word for word in CITYS_WORDS if word not in everything] == []


def test_every_screen_of_the_report_form_tells_the_citys_words_apart(town, portal, settings):
    clock = Clock()
    form = Form(create_app(settings, portal, clock).server.test_client(), clock, "/report?lang=es")
    seen = [form.root]
    for go, typed in (
        ("next", {}),
        ("find", {"place": "3 Adams St"}),
        ("next", {}),
        ("find", {"words": "pothole"}),
        ("next", {"service": "Pothole"}),
        ("next", {}),
        ("next", {"note": "Se hunde"}),
        ("next", {"who": "public"}),
    ):
        seen.append(form.press(go, **typed).root)
    everything = " ".join(text for root in seen for _, text in said(root))
    assert "Pothole" in everything
    assert "Deep at the crosswalk" in everything, "the similar cases were not asked about"
    assert [text for root in seen for text in in_our_language(root)] == []


@pytest.mark.parametrize("path", PAGES)
def test_where_page_and_city_speak_alike_nothing_is_marked(client, town, path):
    root = parser.fromstring(client.get(path, headers={"Accept-Language": "en"}).data)
    assert {part.text for part in root.xpath("//body//*[@lang]")} <= {"Español"}


def test_a_city_that_writes_german_has_its_words_marked_on_english_pages_too(
    settings, city, portal, town
):
    cologne = Portal(settings, cities={city.id: replace(city, language="de")})
    client = create_app(settings, cologne).server.test_client()
    root = parser.fromstring(client.get("/cases/101").data)
    assert in_our_language(root, citys="de") == []
    assert root.xpath("//h1/span[@lang='de']/text()") == ["Pothole"]
    cologne.close()


def test_the_longest_of_the_citys_words_is_marked_whole_and_parts_of_ours_never():
    with speaking("es"):
        assert to_html(
            mark_city_words("2 casos de Street Light en Light", "Light", "Street Light")
        ) == ('2 casos de <span lang="en">Street Light</span> en <span lang="en">Light</span>')
        assert to_html(mark_city_words("Alumbrado", "Al")) == "Alumbrado"
        assert to_html(city_text("a < b")) == '<span lang="en">a &lt; b</span>'
        assert city_text(None) is None
    assert mark_city_words("2 cases of Light", "Light") == "2 cases of Light"


@pytest.mark.parametrize(
    "path",
    [*PAGES[:3], "/cases?sort=closest&lat=42.32&lon=-71.07", "/places/northside", "/cases/101"],
)
def test_every_page_names_its_address_in_the_other_language(client, town, path):
    root = parser.fromstring(client.get(path).data)
    others = {
        link.get("hreflang"): link.get("href")
        for link in root.xpath("//head/link[@rel='alternate'][@hreflang]")
    }
    assert set(others) == {"en", "es", "x-default"}
    assert others["es"] == f"{others['en']}{'&' if '?' in others['en'] else '?'}lang=es"
    assert client.get(others["es"].partition("8050")[2]).status_code == 200


def test_the_language_switch_keeps_filter_order_and_the_view_of_the_map(client, town):
    path = (
        "/cases?status=open&q=crosswalk&sort=oldest"
        "&z=15.5&lat=42.32&lon=-71.07&map=density&areas=district"
    )
    (link,) = parser.fromstring(client.get(path).data).xpath("//header//a[@hreflang='es']/@href")
    asked = set(link.lstrip("?").split("&"))
    assert asked == {
        *path.partition("?")[2]
        .replace("42.32", "42.32000")
        .replace("-71.07", "-71.07000")
        .split("&"),
        "lang=es",
    }
