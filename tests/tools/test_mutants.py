"""`make mutants` notices what tests notice, and names what none does."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.known_results import Result
from tools.mutants import draw, nearest_tests, summarize
from tools.mutation import find_mutants, make_tree
from tools.source_tree import Source

ROOT = Path(__file__).parents[2]
SAMPLE = '''"""A sample."""

LIMIT = 5
QUERY = "select a from b where c = :c and d < :d and e is not null order by f desc"


def is_late(now, target, is_open=True):
    """Whether it is late."""
    if now > target and not is_open:
        raise ValueError("closed")
    tell(now)
    return query().where(now, target).filter(now)
'''


def mutants_of(text: str) -> list[str]:
    source = Source(Path("sample.py"), "sample", text)
    return [f"{mutant.before} → {mutant.after}" for mutant in find_mutants(source)]


@pytest.mark.parametrize(
    "change",
    [
        "5 → 6",
        "5 → 4",
        "now > target → now >= target",
        "now > target and (not is_open) → now > target or not is_open",
        "now > target and (not is_open) → now > target",
        "not is_open → is_open",
        "if now > target and (not is_open) → if not (now > target and (not is_open))",
        "raise ValueError('closed') → pass",
        "tell(now) → pass",
        "query().where(now, target) → query().where(target)",
        "query().where(now, target).filter(now) → query().where(now, target)",
        "where c = :c and d < :d and e is not null order by f desc → "
        "where c = :c and d <= :d and e is not null order by f desc",
    ],
)
def test_every_kind_of_rule_is_broken(change):
    assert change in mutants_of(SAMPLE)


def test_conditions_edges_and_the_order_of_sql_are_broken():
    source = Source(Path("sample.py"), "sample", SAMPLE)
    mutants = [mutant for mutant in find_mutants(source) if mutant.line == 4]
    texts = {
        ast.literal_eval(make_tree(SAMPLE, mutant).body[2].value)  # pyright: ignore
        for mutant in mutants
    }
    whole = "select a from b where c = :c and d < :d and e is not null order by f desc"
    assert texts == {
        whole.replace("<", "<="),
        whole.replace("is not null", "is null"),
        whole.replace(" desc", ""),
        whole.replace(" and d < :d", ""),
    }


def test_each_change_is_one_change_and_what_is_no_rule_is_left_alone():
    source = Source(Path("sample.py"), "sample", SAMPLE)
    unchanged = ast.unparse(ast.parse(SAMPLE)).splitlines()
    for mutant in find_mutants(source):
        changed = ast.unparse(make_tree(SAMPLE, mutant)).splitlines()
        assert changed != unchanged, mutant
        assert len(set(unchanged) - set(changed)) <= 1, mutant
        assert not any("Whether" in line for line in set(unchanged) - set(changed))
    assert not any("True" in change for change in mutants_of(SAMPLE)), "defaults are no rule"


def test_the_same_seed_draws_the_same_sample_from_files_that_were_asked_for():
    sample = draw(ROOT, "portal/domain/bounds.py", 1)
    assert sample == draw(ROOT, "portal/domain/bounds.py", 1)
    assert sample != draw(ROOT, "portal/domain/bounds.py", 2)
    assert {mutant.path for mutant in sample} == {"portal/domain/bounds.py"}


def test_the_nearest_tests_of_a_module_are_those_that_import_it():
    find = nearest_tests(ROOT)
    assert find("portal.domain.morton")[0] == "tests/domain/test_morton.py"
    assert find("portal.services.sync.case_rows")[0].startswith("tests/sync/")


def test_survivors_are_named_and_the_rest_is_counted():
    first, second, third, fourth, *_ = draw(ROOT, "portal/domain/bounds.py", 1)
    results = [
        Result(first, "failed", "a test", 1.0),
        Result(second, "passed", "", 1.0),
        Result(third, "slow", "a test", 1.0),
        Result(fourth, "hangs", "a test", 1.0),
    ]
    assert summarize(results).splitlines() == [
        second.describe(),
        f"too slow to say: {third.describe()}",
        "2 of 4 noticed: 50%",
    ]
    assert summarize([]) == "0 of 0 noticed: –"


RUN = """
import sys
from pathlib import Path
from tools import mutants
mutants.ROOT = Path(sys.argv[1])
mutants.MUTATED = ("portal",)
mutants.main(["--seconds", "20"])
"""
CODE = '''"""Two rules."""

LIMIT = 3


def is_held(now: int) -> bool:
    """Tested at its edge."""
    return now > LIMIT


def is_dull(now: int) -> bool:
    """Tested far from its edge."""
    return now > 100
'''
PYTEST = """
[tool.pytest.ini_options]
addopts = "--import-mode=importlib -p no:dash"
"""
TESTS = """
from portal.other import LIMIT
from portal.rules import is_dull, is_held


def test_rules():
    assert not is_held(3)
    assert is_held(4)
    assert is_dull(1_000)
    assert not is_dull(1)
    assert LIMIT == 3
"""


def test_what_a_test_holds_is_noticed_what_none_holds_survives_and_no_file_changes(tmp_path):
    """The known-killed and the known-surviving sample, in a tree of their own."""
    files = {
        "portal/__init__.py": "",
        "portal/rules.py": CODE,
        "portal/other.py": "from portal.rules import LIMIT\n",
        "tests/__init__.py": "",
        "tests/test_rules.py": TESTS,
        "pyproject.toml": PYTEST,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = done.stdout.splitlines()
    survivors = {line for line in lines if line.startswith("portal/")}
    assert survivors == {
        "portal/rules.py:13: now > 100 → now >= 100",
        "portal/rules.py:13: 100 → 101",
        "portal/rules.py:13: 100 → 99",
    }, done.stdout + done.stderr
    assert lines[-1] == "3 of 6 noticed: 50%"
    assert all(
        (tmp_path / name).read_text(encoding="utf-8") == text for name, text in files.items()
    )
