"""The dictionary of the facts says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from portal.facts.schema import CASE_COLUMNS, LABEL_COLUMNS, META_COLUMNS, SERVICE_COLUMNS

DOCS = Path(__file__).parents[2] / "docs"


def test_every_column_is_in_the_dictionary_with_its_meaning_and_no_other():
    page = (DOCS / "data-dictionary.md").read_text(encoding="utf-8")
    rows = [f"| `{column.name}` | {column.kind} | {column.meaning} |" for column in CASE_COLUMNS]
    assert re.findall(r"^\| `\w+` \| [A-Z]+ \| .* \|$", page, re.MULTILINE) == rows
    for name, _ in (*SERVICE_COLUMNS, *LABEL_COLUMNS, *META_COLUMNS):
        assert f"`{name}`" in page
