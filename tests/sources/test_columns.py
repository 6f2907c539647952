"""What a city's file says of columns is read as it is written, or refused by the field's name."""

from __future__ import annotations

import pytest

from data_sync.reading.columns import canonical_name, columns_in, parse_columns
from portal.jurisdictions.faults import BadValue

LEAST = {"case_id": "id", "service_name": "type", "status": "state", "opened_at": "opened"}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Case ID", "case_id"),
        (" Opened  (local) ", "opened_local"),
        (":id", ":id"),
        (":Updated At", ":Updated At"),
        ("x/y-z.1", "x_y_z_1"),
    ],
)
def test_a_column_goes_by_small_letters_and_single_underscores(written, name):
    assert canonical_name(written) == name


def test_a_field_is_read_from_a_column_from_several_in_turn_or_from_several_together():
    columns = parse_columns(
        LEAST | {"address": ["Street", ["House No", "Street Name"]], "title": "Short Text"}
    )
    assert columns["case_id"] == ("id",)
    assert columns["address"] == ("street", ("house_no", "street_name"))
    assert columns_in(columns["address"]) == {"street", "house_no", "street_name"}
    assert columns_in(columns["title"]) == {"short_text"}


@pytest.mark.parametrize("written", [[], "", [""], [[]], [["a", ""]], 7, [7], None, {"a": "b"}])
def test_what_names_no_column_is_refused_with_its_field(written):
    with pytest.raises(BadValue) as refused:
        parse_columns(LEAST | {"address": written})
    assert "address" in str(vars(refused.value)) + str(refused.value)


@pytest.mark.parametrize("missing", sorted(LEAST))
def test_a_map_without_a_field_that_every_case_needs_is_refused(missing):
    table = {name: column for name, column in LEAST.items() if name != missing}
    with pytest.raises(BadValue) as refused:
        parse_columns(table)
    assert missing in str(vars(refused.value)) + str(refused.value)


def test_a_field_that_no_case_has_is_refused():
    with pytest.raises(BadValue) as refused:
        parse_columns(LEAST | {"colour": "c"})
    assert "colour" in str(vars(refused.value)) + str(refused.value)
