"""`make mutants`: breaks a rule, looks whether a test notices, and does so 300 times.

    make mutants                                  300 changes, drawn by a fixed seed
    make mutants ARGS='--from 0 --count 50'       the first 50 of them
    make mutants ARGS='--only portal/domain/morton.py --count 40'

The tests are collected once. For each change a process is forked; it swaps the changed function
in (or the changed constant of a module, wherever it was imported to) and runs the tests of the
files nearest to it by their imports, on SQLite, until one fails. Nothing is written: the files
stay as they are. A change that no test notices within the time is a survivor. It is printed, and
a person decides: a missing test, or a change that breaks nothing. Never part of CI.
docs/testing-mutants.md has the figures.
"""

from __future__ import annotations

import argparse
import ast
import functools
import gc
import importlib
import signal
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, cast

import pytest

from tools.forked import Outcome, Timed, run_forked
from tools.known_results import Known, Result
from tools.learned import Learned
from tools.mutation import Mutant, find_mutants, make_tree
from tools.source_tree import CODE, TESTS, imports_between, read_sources

ROOT = Path(__file__).parents[1]
MUTATED = (
    *(f"portal/{folder}" for folder in ("domain", "services", "queries", "facts", "notifications")),
    *("portal/auth", "portal/abuse", "portal/api"),
    *(f"data_sync/{folder}" for folder in ("pull", "reading", "sources", "dispatch", "desk")),
)
LEFT_OUT = ("browser", "test_browser", "faults", "benchmarks", "realdata", "tools")
"""Tests that take minutes, or read files instead of running code."""
MIRRORS = {"notifications": "follow", "auth": "staff", "api": "shared"}
"""Folders of the code whose tests are in a folder of another name."""
SEED, COUNT, SECONDS = 13, 300, 40.0
SLOW = ("pages", "web", "fuzz", "demo", "cli")
"""Tests of whole pages and programs. Nobody waits for what they call: the nearest come last."""
FILES, FILES_OF_UNKNOWN = 12, 12
"""How many of the nearest test files are learned; how many are run of which nothing is known."""
SECONDS_OF_A_SLOW_TEST, SECONDS_OF_UNKNOWN = 2.0, 3.0
FRACTION = 0.2
"""A test that hangs by a change passes without it in less than this part of its time."""
KEPT = Path("var/mutants")


def main(arguments: list[str] | None = None) -> int:
    """Try a sample; print the survivors and the share that was noticed."""
    asked = _parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    sample = draw(ROOT, asked.only, asked.seed)[asked.start : asked.start + asked.count]
    tests_of = nearest_tests(ROOT)
    files = sorted({file for mutant in sample for file in tests_of(mutant.module)})
    options = ["-q", "--no-header", "-n", "0", "-p", "no:cacheprovider", "--timeout=0"]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        runner = Runner(asked, sample, Path(folder))
        try:
            pytest.main([*options, *files], plugins=[runner])
        finally:
            print(summarize(runner.results), flush=True)
    return 0


def draw(root: Path, only: str, seed: int) -> list[Mutant]:
    """All changes to the files of MUTATED whose path has `only` in it, shuffled by the seed.

    Each has its place by what it is, so that most stay in the sample while the code changes.
    """
    found = [
        replace(mutant, path=str(source.path.relative_to(root)))
        for source in read_sources(root, MUTATED)
        if only in str(source.path)
        for mutant in find_mutants(source)
    ]
    times: Counter[str] = Counter()
    places: dict[str, Mutant] = {}
    for mutant in found:
        name = f"{mutant.path} {mutant.unit} {mutant.before} → {mutant.after}"
        times[name] += 1
        places[sha256(f"{seed} {name} {times[name]}".encode()).hexdigest()] = mutant
    return [places[place] for place in sorted(places)]


def nearest_tests(root: Path) -> Callable[[str], list[str]]:
    """A function that names the test files nearest to a module by their imports, nearest first.

    A test imports what the conftest of its folder does. A folder of the module's capability counts
    as two steps nearer, and so does a test file of the module's own name.
    """
    sources = read_sources(root, (*CODE, *TESTS))
    graph = imports_between(sources)
    for name in graph:
        conftest = f"{name.rpartition('.')[0]}.conftest"
        if ".test_" in name and conftest in graph and conftest != "tests.conftest":
            graph[name].add(conftest)
    paths = {source.name: str(source.path.relative_to(root)) for source in sources}

    @functools.cache
    def find(module: str) -> list[str]:
        importers = _invert(graph)
        distances = {module: 0}
        waiting = deque([module])
        while waiting:
            here = waiting.popleft()
            for other in importers.get(here, ()):
                if other not in distances:
                    distances[other] = distances[here] + 1
                    waiting.append(other)
        folders = {MIRRORS.get(folder, folder) for folder in module.split(".")}
        tests = [name for name in distances if _is_run(name)]
        for name in tests:
            distances[name] -= 2 * bool(folders & set(name.split(".")))
            distances[name] -= 2 * name.endswith(f".test_{module.rpartition('.')[2]}")
        tests.sort(key=lambda name: (distances[name], name))
        return [paths[name] for name in tests]

    return find


def apply(mutant: Mutant, text: str) -> None:
    """Put a change into this process. Raises what the changed module raises when it is run."""
    module = importlib.import_module(mutant.module)
    plain, tree = ast.parse(text), make_tree(text, mutant)
    namespace = _run(module, tree)
    _swap_constants(module, _run(module, plain), namespace, _changed_names(plain, tree))
    if mutant.unit:
        changed = _find_function(namespace, mutant.unit)
        _find_function(vars(module), mutant.unit).__code__ = changed.__code__
    for kept in vars(module).values():
        if isinstance(kept, functools._lru_cache_wrapper):
            kept.cache_clear()  # what was made without the change


def _changed_names(plain: ast.Module, changed: ast.Module) -> set[str]:
    """The constants whose own statement is changed."""
    return {
        name.id
        for before, after in zip(plain.body, changed.body, strict=True)
        if isinstance(after, ast.Assign | ast.AnnAssign) and ast.dump(before) != ast.dump(after)
        for name in ast.walk(after)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


def _run(module: ModuleType, tree: ast.Module) -> dict[str, Any]:
    namespace = {name: getattr(module, name) for name in ("__name__", "__file__", "__package__")}
    exec(compile(tree, str(module.__file__), "exec"), namespace)  # noqa: S102 - our own file
    return namespace


class Runner:
    """A pytest plugin that runs the collected tests for each change, in a process each."""

    def __init__(self, asked: argparse.Namespace, sample: list[Mutant], folder: Path) -> None:
        self._asked, self._sample, self._folder = asked, sample, folder
        self._tests_of = nearest_tests(ROOT)
        self._learned = Learned(ROOT, ROOT / KEPT / "learned.jsonl")
        self._known = Known(ROOT, ROOT / KEPT / "results.jsonl", asked.again)
        self._passes: dict[str, bool] = {}
        self.results: list[Result] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own loop."""
        _warm()
        by_file: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            if "postgresql" not in item.nodeid:
                by_file.setdefault(item.nodeid.partition("::")[0], []).append(item)
        self._learn(by_file)
        for number, mutant in enumerate(self._sample, self._asked.start):
            result = self._known.get(mutant) or self._try(mutant, by_file)
            self._known.keep(result)
            self.results.append(result)
            print(f"{number} {result.describe()}", flush=True)
        return True

    def _learn(self, by_file: dict[str, list[pytest.Item]]) -> None:
        modules = {mutant.module for mutant in self._sample}
        near = {file for module in modules for file in self._tests_of(module)[:FILES]}
        for file in sorted(filter(_is_quick, near & set(by_file))):
            if not self._learned.knows(file):
                print(f"learning {file}", flush=True)
                self._learned.learn(file, by_file[file], self._folder / "learning")
        for test in sorted(self._learned.bad):
            print(f"fails without any change, left out: {test}")

    def _try(self, mutant: Mutant, by_file: dict[str, list[pytest.Item]]) -> Result:
        began = time.monotonic()
        text = (ROOT / mutant.path).read_text(encoding="utf-8")
        put_in = functools.partial(apply, mutant, text)
        tests = self._order(mutant, by_file)
        while True:
            tests = [test for test in tests if self._passes.get(test.item.nodeid, True)]
            outcome = run_forked(tests, put_in, self._folder / "trying", self._asked.seconds)
            if outcome.kind in ("passed", "unfinished") or not outcome.test:
                break
            if self._is_by_the_change(outcome):
                break
            if outcome.kind == "hangs":
                outcome = replace(outcome, kind="slow")
                break
        seconds = time.monotonic() - began
        return Result(mutant, outcome.kind, _name(outcome), seconds, outcome.begun, len(tests))

    def _order(self, mutant: Mutant, by_file: dict[str, list[pytest.Item]]) -> list[Timed]:
        """The tests that run what is changed, likeliest and quickest first."""
        files = self._tests_of(mutant.module)
        callers = self._learned.callers_of(mutant.path, mutant.unit)
        near = set(files[:FILES_OF_UNKNOWN])
        seconds = self._learned.seconds
        items = [
            item
            for file in files
            for item in _each_once_first(by_file.get(file, []))
            if item.nodeid not in self._learned.bad
            if item.nodeid in callers or (file in near and not (callers and item.nodeid in seconds))
        ]
        tests = [Timed(item, seconds.get(item.nodeid, SECONDS_OF_UNKNOWN)) for item in items]
        return sorted(tests, key=lambda test: test.seconds > SECONDS_OF_A_SLOW_TEST)

    def _is_by_the_change(self, outcome: Outcome) -> bool:
        """Whether the test passes without the change; if it hung, in a fraction of the time."""
        test = cast(Timed, outcome.test)
        name = test.item.nodeid
        if outcome.kind == "hangs" or name not in self._passes:
            began = time.monotonic()
            alone = run_forked([test], lambda: None, self._folder / "checking")
            seconds = time.monotonic() - began
            if outcome.kind == "hangs":
                return alone.kind == "passed" and seconds < FRACTION * test.allowed_seconds
            self._passes[name] = alone.kind == "passed"
            if not self._passes[name]:
                print(f"fails without any change, left out: {name}", flush=True)
        return self._passes[name]


def _name(outcome: Outcome) -> str:
    return outcome.test.item.nodeid if outcome.test else ""


def _warm() -> None:
    """Make once what each process would make for itself: a migrated store."""
    stores = sys.modules.get("tests.support.stores")
    if stores:
        stores.read_template()
    gc.collect()
    gc.freeze()


def summarize(results: list[Result]) -> str:
    """The survivors, those too slow to say, and the share of the changes that was noticed."""
    survivors = [result.mutant.describe() for result in results if result.has_survived]
    slow = [f"too slow to say: {r.mutant.describe()}" for r in results if r.kind == "slow"]
    noticed = len(results) - len(survivors) - len(slow)
    share = f"{100 * noticed / len(results):.0f}%" if results else "–"
    return "\n".join([*survivors, *slow, f"{noticed} of {len(results)} noticed: {share}"])


def _swap_constants(
    module: ModuleType, before: dict[str, Any], after: dict[str, Any], changed: set[str]
) -> None:
    """Give the changed constants to every module that has imported the old ones.

    `before` and `after` are the module run again without and with the change: what others have
    put into a constant since then is in neither. Those made of the `changed` ones change too.
    """
    for name, new in after.items():
        if name in changed or (not name.startswith("__") and _is_another(before.get(name), new)):
            old = getattr(module, name, None)
            for other in _our_modules():
                if vars(other).get(name) is old:
                    setattr(other, name, new)


def _is_another(before: object, after: object) -> bool:
    is_constant = type(after) is type(before) and not isinstance(after, type | FunctionType)
    if after is before or not is_constant or " at 0x" in str(after):
        return False
    return str(after) != str(before)


def _our_modules() -> list[ModuleType]:
    ours = (*CODE, *TESTS, "app")
    return [module for name, module in sys.modules.items() if name.partition(".")[0] in ours]


def _find_function(namespace: dict[str, Any], unit: str) -> FunctionType:
    """The function of this name, or the method, under whatever decorators."""
    owner, _, name = unit.rpartition(".")
    found = vars(namespace[owner])[name] if owner else namespace[name]
    for attribute in ("fget", "__func__", "func", "callback"):
        found = getattr(found, attribute, found)
    while not isinstance(found, FunctionType) or hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found


def _each_once_first(items: list[pytest.Item]) -> list[pytest.Item]:
    """Every test with its first values, then each with its second ones, and so on."""
    seen: Counter[str] = Counter()
    ranks: dict[str, int] = {}
    for item in items:
        function = item.nodeid.partition("[")[0]
        ranks[item.nodeid] = seen[function]
        seen[function] += 1
    return sorted(items, key=lambda item: ranks[item.nodeid])


def _is_quick(file: str) -> bool:
    return not set(Path(file).parts) & set(SLOW)


def _is_run(test: str) -> bool:
    return ".test_" in test and not set(test.split(".")) & set(LEFT_OUT)


def _invert(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    importers: dict[str, set[str]] = {}
    for module, imported in graph.items():
        for other in imported:
            importers.setdefault(other, set()).add(module)
    return importers


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--from", dest="start", type=int, default=0, help="leave out so many")
    parser.add_argument("--count", type=int, default=COUNT, help="how many changes to try")
    parser.add_argument("--seed", type=int, default=SEED, help="another sample")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of tests for a change")
    again = "those that no test noticed, too"
    parser.add_argument("--again", action="store_true", help=again)
    parser.add_argument("--only", default="", help="a part of a file's path")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
