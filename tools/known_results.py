"""What became of the changes that were tried, kept in a file so that a run that is cut goes on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tools.learned import digest
from tools.mutation import Mutant

NOT_NOTICED = ("passed", "unfinished")


@dataclass(frozen=True)
class Result:
    """What became of a change, by which test, and how many of the tests were begun.

    `kind` is that of an Outcome, or "slow": a test took long with the change and without it.
    """

    mutant: Mutant
    kind: str
    by: str
    seconds: float
    begun: int = 0
    tests: int = 0

    @property
    def has_survived(self) -> bool:
        """No test noticed it."""
        return self.kind in NOT_NOTICED

    def describe(self) -> str:
        """In one line."""
        said = f"{self.kind} {self.by}".strip()
        if self.has_survived:
            said = f"NOT NOTICED by {self.begun} of {self.tests} tests"
        elif self.kind == "slow":
            said = f"TOO SLOW TO SAY {self.by}"
        return f"{said} {self.seconds:.0f} s {self.mutant.describe()}"


class Known:
    """Results by change, as long as the file that is changed stays the same.

    With `is_again` those are unknown that no test noticed.
    """

    def __init__(self, root: Path, path: Path, is_again: bool = False) -> None:
        self._root, self._path, self._is_again = root, path, is_again
        self._entries: dict[str, dict[str, object]] = {}
        for line in path.read_text("utf-8").splitlines() if path.exists() else ():
            entry = json.loads(line)
            self._entries[entry["key"]] = entry

    def get(self, mutant: Mutant) -> Result | None:
        """What became of this change of this text, if that is known."""
        entry = self._entries.get(self._key(mutant))
        if entry is None:
            return None
        result = Result(mutant, *(entry[name] for name in FIELDS))  # pyright: ignore
        is_noticed = result.kind not in (*NOT_NOTICED, "slow")
        return result if is_noticed or not self._is_again else None

    def keep(self, result: Result) -> None:
        """Keep a result."""
        fields = {name: getattr(result, name) for name in FIELDS}
        entry = {"key": self._key(result.mutant), **fields}
        if self._entries.get(entry["key"]) != entry:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(entry) + "\n")
            self._entries[entry["key"]] = entry

    def _key(self, mutant: Mutant) -> str:
        text = digest(self._root / mutant.path)
        return f"{mutant.path} {text} {mutant.place} {mutant.number}"


FIELDS = ("kind", "by", "seconds", "begun", "tests")
