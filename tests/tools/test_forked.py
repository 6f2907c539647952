"""A process that tries a change ends with all it started, and a slow machine is no fault found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tools.forked import Lines, Outcome, Timed
from tools.known_results import Known, Result
from tools.mutants import draw
from tools.mutation import find_mutants
from tools.source_tree import Source

ROOT = Path(__file__).parents[2]
LEAVES = """
import subprocess, sys, tempfile
from pathlib import Path
from tools.forked import forked

def work(say):
    server = subprocess.Popen(["sleep", "600"], start_new_session=True)
    say(f"{server.pid} {tempfile.mkdtemp()}")
    raise ValueError("it goes no further")

with forked(work, Path(sys.argv[1])) as lines:
    print(lines.next(20.0))
    print(lines.next(20.0))
print("the parent goes on")
"""


def timed(seconds: float, name: str = "a test") -> Timed:
    return Timed(cast(Any, SimpleNamespace(nodeid=name)), seconds)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives us what a child leaves")
def test_a_process_leaves_no_server_and_no_folder_and_never_goes_on_as_its_parent(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LEAVES, str(tmp_path / "own")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    said, ended, *rest = done.stdout.splitlines()
    pid, folder = said.split()
    assert (ended, rest) == ("None", ["the parent goes on"])
    assert folder.startswith(str(tmp_path / "own"))
    assert not (tmp_path / "own").exists()
    assert not Path(f"/proc/{pid}").exists()


def test_lines_come_whole_one_by_one_and_silence_is_noticed():
    reading, writing = os.pipe()
    lines = Lines(reading)
    os.write(writing, b"0\n1\nfai")
    assert [lines.next(1.0), lines.next(1.0)] == ["0", "1"]
    with pytest.raises(TimeoutError):
        lines.next(0.01)
    os.write(writing, b"led\n")
    assert lines.next(1.0) == "failed"
    os.close(writing)
    assert lines.next(1.0) is None
    os.close(reading)


def test_a_test_hangs_at_ten_times_its_time_but_not_before_ten_seconds():
    assert timed(0.1).allowed_seconds == 10.0
    assert timed(1.0).allowed_seconds == 10.0
    assert timed(3.0).allowed_seconds == 30.0


def test_what_was_noticed_stays_known_and_the_rest_is_tried_again_if_asked(tmp_path):
    (tmp_path / "rules.py").write_text("A = 1\nB = 2\n", encoding="utf-8")
    source = Source(Path("rules.py"), "rules", "A = 1\nB = 2\n")
    first, second, *_ = find_mutants(source)
    results = [Result(first, "failed", "a test", 1.0), Result(second, "passed", "", 2.0, 5, 5)]
    for result in results:
        Known(tmp_path, tmp_path / "kept").keep(result)
    assert [Known(tmp_path, tmp_path / "kept").get(one.mutant) for one in results] == results
    known = Known(tmp_path, tmp_path / "kept", is_again=True)
    assert [known.get(first), known.get(second)] == [results[0], None]
    (tmp_path / "rules.py").write_text("A = 1\nB = 3\n", encoding="utf-8")
    assert Known(tmp_path, tmp_path / "kept").get(first) is None


def test_a_result_says_what_became_of_it():
    mutant = draw(ROOT, "portal/domain/bounds.py", 1)[0]
    where = mutant.describe()
    assert Result(mutant, "passed", "", 2.0, 3, 4).describe().startswith("NOT NOTICED by 3 of 4")
    assert Result(mutant, "slow", "a test", 2.0).describe() == f"TOO SLOW TO SAY a test 2 s {where}"
    assert Result(mutant, "failed", "a test", 2.0).describe() == f"failed a test 2 s {where}"
    assert not Result(mutant, "hangs", "a test", 2.0).has_survived
    assert Outcome("breaks").test is None
