"""What residents see of the cities' own names: words, not codes, and nobody shouting."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from data_sync.sources import make_sources
from portal import jurisdictions
from tests.sources.conftest import NOW, Network

FILES = [
    ("boston", "boston/boston_2011_311_service_requests.zip"),
    ("boston", "boston/boston_2022_100_rows.csv"),
    ("chicago", "chicago/chicago_5k_2021_full.csv"),
    ("nyc", "nyc/nyc_soda_2026-04_newcols.csv"),
]
FIELDS = ("service_name", "service_group", "department", "queue", "channel")
AS_PEOPLE_SAY = {"ADA", "BBQ", "MBTA", "NYPD", "TV"}
BRANDS = {"SeeClickFix"}
CODE = re.compile(r"_|\b[A-Z]{2,4}x\b|\\\\|[a-z][A-Z][a-z]+[A-Z]")
SHOUTED = re.compile(r"\b[A-Z]{2,}\b")


@pytest.mark.parametrize(("city_id", "file"), FILES)
def test_no_name_that_a_resident_sees_is_a_code_or_shouts(real_data, city_id, file):
    source = make_sources(jurisdictions.load(city_id), Network({}))[-1]
    names = defaultdict(set)
    for page in source.pages_from_file(real_data / file, now=NOW):
        for row in page.rows:
            case = source.to_case(row, page.as_of)
            for field in FIELDS:
                names[field].add(getattr(case, field) or "")
    strange = {
        (field, name)
        for field, found in names.items()
        for name in found - BRANDS
        if CODE.search(name) or set(SHOUTED.findall(name)) - AS_PEOPLE_SAY
    }
    assert strange == set()
    assert len(names["service_name"]) > 30
