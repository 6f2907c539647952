"""What a town's own work-order desk is set up with: types of case, questions, queues."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.report import Question


@dataclass(frozen=True)
class DeskType:
    """A type of case that the desk takes. `days` is the target from report to closing, or None."""

    code: str
    name: str
    group: str
    description: str
    department: str
    queue: str
    days: float | None = None
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class DeskSetup:
    """The desk of one town. Its own department and queue get what no type's queue takes."""

    department: str
    queue: str
    types: tuple[DeskType, ...]
