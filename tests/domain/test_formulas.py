"""Which texts a spreadsheet would run: Python and SQL say the same."""

from __future__ import annotations

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.formulas import PATTERN, SIGNS, harmless, is_formula
from tests.support.examples import examples

BEFORE = " \t\u00a0\u200b\u200f\u202e\ufeff\u3000\x7f"
TEXTS = st.text(st.sampled_from(f"{SIGNS}{BEFORE}\r\na1é'"), max_size=6)


@examples(150)
@given(text=TEXTS)
def test_python_and_sql_take_the_same_texts_for_formulas(text):
    ((found,),) = duckdb.execute("select regexp_matches(?, ?)", [text, PATTERN]).fetchall()
    assert found == is_formula(text)


def test_what_is_behind_signs_that_cannot_be_seen_is_a_formula():
    for before in ("", *BEFORE):
        assert harmless(f"{before}=1+1") == f"'{before}=1+1"
    for text in ("", " ", "12 Adams St", "a=b", "#4"):
        assert harmless(text) == text
