"""Who lives in a tract: files as a census gives them, what is refused, and what is stored."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from data_sync.commands import demographics as demographics_command
from data_sync.pull.boundaries import load_missing_layers
from data_sync.pull.demographics import load_missing_figures, read_figures
from portal import jurisdictions
from portal.domain.demographics import DemographicsSetup, MeasureColumn
from portal.errors import SettingsError, SourceError
from portal.services.sync import areas
from portal.services.sync import demographics as stored
from tests.conftest import NOW
from tests.support.outlines import rectangle
from tests.sync.support import public_rows_of

SETUP = DemographicsSetup(
    source="2010 census",
    tract=("tract", "GEOID"),
    strip="14000US",
    population=MeasureColumn("people"),
    residential="kind",
    residential_values=("R",),
    measures={
        "over_65": MeasureColumn("old"),
        "bachelor": MeasureColumn("degrees", of="people"),
        "income": MeasureColumn("income", missing=("-666",)),
    },
)
HEADER = "tract,people,kind,old,degrees,income\n"


@pytest.fixture
def read(tmp_path):
    """A function that reads files, given as name and text, for tracts 1, 2 and 3."""

    def read(*files: tuple[str, str], setup=SETUP, tracts=("1", "2", "3")):
        paths = [tmp_path / name for name, _ in files]
        for path, (_, content) in zip(paths, files, strict=True):
            path.write_text(content)
        return read_figures(setup, "smallville", tracts, paths)

    return read


@pytest.fixture
def refusal(read):
    def refuse(*files: tuple[str, str], **more) -> str:
        with pytest.raises((SourceError, SettingsError)) as refused:
            read(*files, **more)
        return str(refused.value)

    return refuse


def test_a_row_of_each_tract_is_taken_and_the_rest_is_counted(read):
    rows = "14000US1,1000,R,0.1,250,50000\n2.0,0,P,0,0,0\n9,10,R,0.1,1,10\n"
    figures, report = read(("a.csv", HEADER + rows))
    assert figures == {
        "1": {
            "population": 1000,
            "residential": 1,
            "over_65": 0.1,
            "bachelor": 0.25,
            "income": 50000,
        },
        "2": {"population": 0, "residential": 0},
    }
    assert str(report) == (
        "smallville: took 2 of 3 tracts · tracts without a row 1 · rows of other tracts 1 ·"
        " tracts without residents 1 · missing: bachelor 1, income 1, over_65 1"
    )


def test_what_is_not_known_is_left_out(read):
    rows = "1,1000,R,0.1,,-666.0\n2,500,R,0,0,0\n3,700,R,0.2,70,NA\n"
    figures, report = read(("a.csv", HEADER + rows))
    assert figures["1"] == {"population": 1000, "residential": 1, "over_65": 0.1}
    # Everyone is in some group: where all shares are 0, they are not known. No income is 0.
    assert figures["2"] == {"population": 500, "residential": 1}
    assert figures["3"] == {"population": 700, "residential": 1, "over_65": 0.2, "bachelor": 0.1}
    assert report.missing == {"bachelor": 2, "income": 3, "over_65": 1}


def test_columns_may_be_in_several_files_and_tracts_too(read):
    features = [
        {"type": "Feature", "geometry": None, "properties": {"GEOID": "14000US1", "income": 9.0}},
        {"type": "Feature", "geometry": None, "properties": {"GEOID": "14000US2", "income": 8}},
    ]
    layer = json.dumps({"type": "FeatureCollection", "features": features})
    figures, _ = read(
        ("a.csv", "tract,people,kind,old,degrees\n1,100,R,0.1,10\n"),
        ("b.csv", "tract,people,kind,old,degrees\n1,100.0,R,0.10,10\n2,10,P,0.5,1\n"),
        ("c.geojson", layer),
    )
    assert figures["1"]["income"] == 9 and figures["2"]["over_65"] == 0.5


def test_percentages_become_shares(read):
    setup = replace(SETUP, measures={"over_65": MeasureColumn("old", percent=True)}, residential="")
    figures, _ = read(("a.csv", "tract,people,old\n1,100,12.5\n"), setup=setup)
    assert figures["1"] == {"population": 100, "over_65": 0.125}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("1,1000,R,1.2,1,1\n", "tract 1: over_65 is 1.2 (old 1.2 ); a share is between 0 and 1"),
        ("1,1000,R,.1,1001,1\n", "tract 1: bachelor is 1.001 (degrees 1001 of people )"),
        ("1,-5,R,.1,0,1\n", "tract 1: population is -5 (people -5 ); it is at least 0"),
        ("1,many,R,.1,0,1\n", "tract 1: people is 'many', which is no number"),
        ("1,,R,.1,0,1\n", "tract 1: people is empty; write 0 for nobody"),
        ("1,5,R,.1,0,1\n1,6,R,.1,0,1\n", "a.csv: tract 1: people is '6' here and '5' in another"),
        ("1,5,R\n", "a.csv: line 2: 3 fields, the header has 6"),
        ("8,5,R,.1,0,1\n", "smallville: none of the 1 tracts in the files is one of its 3: the"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_tract(refusal, rows, sentence):
    assert refusal(("a.csv", HEADER + rows)).startswith(sentence)


def test_files_and_cities_that_lack_something_are_refused(refusal):
    assert "has no column 'tract' or 'GEOID'" in refusal(("a.csv", "id,people\n1,5\n"))
    assert refusal(("a.csv", "tract,people\n1,5\n")) == (
        "no file has the column 'old', 'degrees', 'income', 'kind'"
    )
    assert "smallville.toml has no [demographics]" in refusal(setup=None)
    assert "load their boundaries first" in refusal(tracts=())
    assert "is not JSON" in refusal(("a.geojson", "nothing"))


def test_figures_are_replaced_and_everyone_may_read_them(portal, city):
    layer = [(name, rectangle(42.31, 42.33, -71.09, -71.05)) for name in ("1", "2")]
    now = int(NOW.timestamp())
    with portal.transaction() as connection:
        areas.save_layer(connection, city, "tract", layer, now)
        assert list(stored.list_tracts(connection, city.id)) == ["1", "2"]
        stored.save_figures(connection, city, {"1": {"population": 5.0, "owner": 0.5}}, now)
    before = portal.data_version(city.id)
    with portal.transaction() as connection:
        assert stored.save_figures(connection, city, {"2": {"population": 7.0}}, now) == 1
    assert public_rows_of(portal, "select measure, value from public_tract_measures") == [
        ("population", 7.0)
    ]
    assert portal.data_version(city.id) == before + 1


def test_the_command_stores_what_it_read_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("PORTAL_SECRET_KEY", "test")
    monkeypatch.setenv("PORTAL_JURISDICTIONS", "boston")
    result = CliRunner().invoke(demographics_command, ["boston", "--from-file", "nowhere.csv"])
    assert result.exit_code == 1
    assert "boston has no tracts yet; load their boundaries first" in result.output


def test_the_first_sync_stores_the_file_once(portal):
    demo = jurisdictions.load("demo")
    load_missing_layers(portal, demo, NOW)
    assert load_missing_figures(portal, demo, NOW)
    assert public_rows_of(portal, "select count(measure) from public_tract_measures") == [
        (133 * 4,)
    ]
    assert not load_missing_figures(portal, demo, NOW)
    without = replace(demo, id="other", demographics=None)
    assert not load_missing_figures(portal, without, NOW)
