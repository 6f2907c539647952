"""Spanish as people read it: word order, plurals, dates and ages; and the chosen language stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from layouts.cases.sentence import describe_filter
from layouts.shared import formats
from layouts.shared.language import LANGUAGES, keep_language, speaking
from portal.domain.filters import CaseFilter

BOSTON = ZoneInfo("America/New_York")
NOW = int(datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp())
NAMES = {
    "roxbury": "Roxbury",
    "south-end": "South End",
    "pothole": "Pothole",
    "public-works": "Public Works",
}


@pytest.fixture(autouse=True)
def in_spanish() -> Iterator[None]:
    with speaking("es"):
        yield


@pytest.mark.parametrize(
    ("query", "cases", "said"),
    [
        ("", 1204, "1,204 casos en Boston"),
        ("status=open", 1, "1 caso abierto en Boston"),
        ("status=closed&neighborhood=roxbury", 2, "2 casos cerrados en Roxbury"),
        ("status=open&service=pothole", 0, "Cero casos abiertos de Pothole en Boston"),
        (
            "status=open,overdue&neighborhood=roxbury,south-end",
            5,
            "5 casos, abiertos o vencidos, en Roxbury o South End",
        ),
        (
            "department=public-works&start=2026-05-01",
            3,
            "3 casos a cargo de Public Works en Boston desde el 1 de mayo de 2026",
        ),
        (
            "start=2026-05-01&end=2026-05-31",
            3,
            "3 casos en Boston del 1 de mayo de 2026 al 31 de mayo de 2026",
        ),
        ("district=7&photo=no&q=bache", 3, "3 casos en el distrito 7 sin foto sobre “bache”"),
        ("status=in_progress", None, "Casos en proceso en Boston"),
    ],
)
def test_a_filter_is_said_in_the_order_of_spanish(query, cases, said):
    assert describe_filter(CaseFilter.from_query_string(query), NAMES, "Boston", cases) == said


def test_dates_and_moments_are_said_as_people_say_them():
    last_year = int(datetime(2025, 3, 4, 19, 5, tzinfo=UTC).timestamp())
    assert formats.day(NOW, BOSTON, NOW) == "23 de noviembre"
    assert formats.day(last_year, BOSTON, NOW) == "4 de marzo de 2025"
    assert formats.weekday(NOW, BOSTON, NOW) == "lunes 23 de noviembre"
    assert formats.day_and_time(last_year, BOSTON, NOW) == "4 de marzo de 2025, 14:05"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (60, "1 minuto"),
        (7_200, "2 horas"),
        (3 * 86_400, "3 días"),
        (120 * 86_400, "4 meses"),
        (800 * 86_400, "2 años"),
    ],
)
def test_lengths_of_time_have_their_plurals(seconds, said):
    assert formats.span(seconds) == said


def test_what_is_hidden_is_listed():
    assert formats.describe_hidden(("phone", "email", "plate")) == (
        "Aquí ocultamos un número de teléfono, una dirección de correo electrónico y una placa de"
        " vehículo."
    )


def test_a_chosen_language_stays_in_our_own_links_alone():
    with speaking("es", is_chosen=True):
        assert keep_language("/cases?status=open#list") == "/cases?status=open&lang=es#list"
        assert keep_language("https://data.example.org") == "https://data.example.org"
        assert keep_language("?lang=en") == "?lang=en"
    assert keep_language("/cases") == "/cases"


def test_every_page_says_its_language_and_which_way_it_is_written(client):
    for code, language in LANGUAGES.items():
        assert (
            f'<html lang="{code}" dir="{language.direction}">'
            in client.get(f"/status?lang={code}").text
        )
