"""The figures are counted rightly, and nothing but figures leaves the city's file."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data_sync.demo import measure, texts
from data_sync.demo.catalogue import LEFT_OUT, TYPES, public_type
from data_sync.demo.figures import FIGURES_FILE, Figures, load_figures
from data_sync.desk.records import DeskCase

LONG_ENOUGH_TO_POINT = 12  # letters: a shorter closing note ("Done.") says nothing about anybody


def row(**fields: str) -> dict[str, str]:
    blank = dict.fromkeys(
        [
            "closed_dt",
            "target_dt",
            "closure_reason",
            "location",
            "neighborhood",
            "city_council_district",
            "queue",
            "location_street_name",
        ],
        "",
    )
    usual = {
        "open_dt": "2011-07-04 10:00:00",
        "type": "Graffiti Removal",
        "subject": "Property Management",
        "source": "Self Service",
        "queue": "PROP_GRAF_GraffitiRemoval",
        "latitude": "42.3000",
        "longitude": "-71.1000",
        "neighborhood": "Roxbury",
        "city_council_district": "7",
    }
    return blank | usual | fields


def measured(*rows: dict[str, str]) -> dict:
    district = row(queue="PWDx_District 10B: Roxbury", closed_dt="2011-07-04 12:00:00")
    return measure.measure(pd.DataFrame([district, *rows]))


def test_open_cases_count_as_not_yet_closed():
    # Two of four close after 1 and 3 hours; one is open and was seen for 2 hours only, one for 10.
    curve = measure.closing_curve(
        np.array([1.0, 3.0, 2.0, 10.0]), np.array([True, True, False, False])
    )
    assert curve["closes"] == pytest.approx(1 - 3 / 4 * 1 / 2)
    assert (curve["hours"][0], curve["hours"][-1]) == (1.0, 3.0)


def test_type_that_never_closes_has_no_hours():
    assert measure.closing_curve(np.array([5.0, 6.0]), np.array([False, False])) == {
        "closes": 0.0,
        "hours": [],
    }


def test_target_is_the_median_and_none_where_most_have_none():
    with_targets = [row(target_dt=f"2011-07-04 {hour}:00:00") for hour in ("12", "14", "20")]
    assert measured(*with_targets)["services"][0]["sla_hours"] == 4
    assert measured(row(), row(), with_targets[0])["services"][0]["sla_hours"] is None


def test_pin_at_city_hall_is_no_place():
    figures = measured(row(latitude="42.3594", longitude="-71.0587"))
    assert figures["without_place_share"] == 0.5
    assert figures["grid"]["cells"] == {}


def test_cell_with_two_cases_is_held_back_and_a_lonely_one_too():
    spots = [("42.3000", 3), ("42.3010", 3), ("42.3020", 3), ("42.3030", 2), ("42.3500", 9)]
    figures = measured(*(row(latitude=lat) for lat, count in spots for _ in range(count)))
    assert sorted(cell[1] for cells in figures["grid"]["cells"].values() for cell in cells) == [
        3,
        3,
        4,
    ]  # with the row every test has
    assert figures["grid"]["held_back_share"] == pytest.approx(11 / 21, abs=1e-4)


def test_bookkeeping_types_are_left_out_and_rare_ones_folded():
    figures = measured(row(type="Notification"), row(type="Water in Gas - High Priority"))
    assert figures["cases"] == 2
    assert [service["name"] for service in figures["services"]] == ["Graffiti", "Something Else"]


def test_queue_reads_as_people_say_it():
    assert measure.queue_name("ISD_Housing (INTERNAL)") == "Housing"
    assert measure.queue_name("PWDx_Missed Trash\\Recycling") == "Missed Trash/Recycling"
    assert measure.queue_name("PROP_GRAF_GraffitiRemoval") == "Graffiti Removal"


def test_every_file_type_belongs_to_one_public_type_or_none():
    gathered = [name for kind in TYPES for name in kind.gathers]
    assert len(gathered) == len(set(gathered))
    assert not LEFT_OUT & set(gathered)
    assert public_type("Notification") is None


def test_wrong_call_is_explained(capsys: pytest.CaptureFixture[str]):
    assert measure.main([]) == 2
    assert "python -m data_sync.demo.measure" in capsys.readouterr().err


def test_committed_figures_are_small_and_hold_no_cell_below_three(figures: Figures):
    assert FIGURES_FILE.stat().st_size <= 400_000
    assert figures.cells[:, 2].min() >= 3


def test_shares_and_curves_of_the_committed_figures_make_sense(figures: Figures):
    assert sum(service.share for service in figures.services) == pytest.approx(1, abs=1e-4)
    for service in figures.services:
        assert 0 <= service.closes <= 1
        assert (np.diff(service.closing_hours) >= 0).all()


@pytest.mark.realdata
def test_committed_figures_are_what_the_tool_measures(real_data: Path, tmp_path: Path):
    out = tmp_path / "figures.json"
    assert measure.main([str(boston_2011(real_data)), str(out)]) == 0
    assert out.read_bytes() == FIGURES_FILE.read_bytes()
    assert load_figures(out).channels == load_figures().channels


@pytest.mark.realdata
def test_no_text_of_the_file_is_in_what_we_ship_or_generate(real_data: Path, city: list[DeskCase]):
    rows = rows_of(boston_2011(real_data))
    theirs = {
        " ".join(row[column].split()).casefold()
        for row in rows
        for column in ("closure_reason", "location", "location_street_name")
    }
    theirs = {text for text in theirs if len(text) >= LONG_ENOUGH_TO_POINT}
    ours = {
        text.casefold()
        for case in city
        for text in (
            case.description,
            case.address,
            case.address.split(",")[0],
            case.closure_reason,
        )
    }
    ours |= {text.casefold() for text in strings_in(json.loads(FIGURES_FILE.read_text()))}
    assert not theirs & ours
    streets = {row["location_street_name"].casefold().strip() for row in rows}
    assert not [
        street for street in texts.STREETS if any(street.casefold() in theirs for theirs in streets)
    ]


@pytest.mark.realdata
def test_no_number_of_a_case_is_in_the_figures(real_data: Path):
    shipped = FIGURES_FILE.read_text()
    assert not [
        row["case_enquiry_id"]
        for row in rows_of(boston_2011(real_data))
        if row["case_enquiry_id"] in shipped
    ]


def boston_2011(real_data: Path) -> Path:
    return real_data / "boston" / "boston_2011_311_service_requests.zip"


def rows_of(path: Path) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive, archive.open("311_service_requests_2011.csv") as file:
        return list(csv.DictReader(io.TextIOWrapper(file, "utf-8")))


def strings_in(value: object) -> set[str]:
    if isinstance(value, str):
        return {value}
    inside = (
        [*value.keys(), *value.values()]
        if isinstance(value, dict)
        else value
        if isinstance(value, list)
        else []
    )
    return set().union(*(strings_in(item) for item in inside))
