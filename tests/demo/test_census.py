"""The demo city's invented census: written again identically, and whole."""

from __future__ import annotations

from data_sync.demo.census import invent_census, list_tracts, main
from data_sync.pull.demographics import read_figures
from portal import jurisdictions
from portal.jurisdictions.land_files import GEO_FOLDER

COMMITTED = GEO_FOLDER / "demo_census.jsonl"


def test_the_committed_file_is_invented_again_identically(tmp_path):
    main([str(tmp_path / "again.csv")])
    assert (tmp_path / "again.csv").read_bytes() == COMMITTED.read_bytes()
    assert invent_census(["East 1"]) != invent_census(["West 1"])


def test_every_tract_of_the_demo_has_its_measures():
    setup = jurisdictions.load("demo").demographics
    figures, report = read_figures(setup, "demo", list_tracts(), [COMMITTED])
    assert (report.taken, report.rows_elsewhere, report.missing) == (133, 0, {})
    assert {len(values) for values in figures.values()} == {4}
