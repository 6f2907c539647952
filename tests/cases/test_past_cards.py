"""What cases were at a past moment, from the store's public views."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.queries.cases.past_cards import _SINCE


@pytest.mark.parametrize("database", ["sqlite"])
def test_old_values_are_looked_up_by_case_and_not_among_all_that_changed_since(portal):
    asked = {"city": "smallville", "moment": 1}
    query = str(_SINCE).replace("(__[POSTCOMPILE_keys])", "(1, 2)")
    with portal.core.connect() as connection:
        plan = connection.execute(text(f"explain query plan {query}"), asked).all()
    assert "ix_case_revisions_seen" not in " ".join(str(row) for row in plan)
