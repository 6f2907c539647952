"""`[desk]` of a city's file: the work-order desk of a town that has no other system.

[desk]
department = "Town Hall"
queue = "Front desk"

[[desk.types]]
name = "Pothole"
queue = "Streets crew"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import Field, model_validator

from portal.domain.desk_setup import DeskSetup, DeskType
from portal.domain.jurisdiction import PhotoSource
from portal.domain.report import Question, QuestionKind
from portal.domain.route_rules import RouteRule, System
from portal.domain.slug import make_slug
from portal.jurisdictions.table import Table
from portal.jurisdictions.values import OptionalText, Several, Text

DESK = "desk"
"""The endpoint of the built-in work-order desk, whose address is known when it has started."""
KINDS: dict[str, QuestionKind] = {
    "line": "string",
    "text": "text",
    "number": "number",
    "date": "datetime",
}
SOURCE: dict[str, Any] = {
    "kind": "open311",
    "name": DESK,
    "endpoint": DESK,
    "quirks": {"updated_after": True, "id_lists": True, "page_size": 1000},
}
SYSTEM = System(
    DESK,
    "open311",
    endpoint=DESK,
    can_look_up=True,
    takes_photos=True,
    takes_updates=True,
    takes_queue=True,
)
PHOTOS = PhotoSource((DESK,))


class DeskQuestionTable(Table):
    """One of `[[desk.types.questions]]`."""

    ask: Text
    answer: Literal["line", "text", "number", "date"] = "line"
    choices: Several[Text] = ()
    several: bool = False
    required: bool = False
    hint: OptionalText = ""

    @model_validator(mode="after")
    def _fits_together(self) -> DeskQuestionTable:
        if self.several and not self.choices:
            raise ValueError(
                "several is true and there are no choices; write them, or leave it out"
            )
        if twice := _find_twice(self.choices):
            raise ValueError(f"choices has {twice!r} twice; each choice stands once")
        return self

    def to_question(self) -> Question:
        """The question under a code made from its words."""
        kind = KINDS[self.answer]
        if self.choices:
            kind = "multivaluelist" if self.several else "singlevaluelist"
        choices = tuple((make_slug(choice), choice) for choice in self.choices)
        return Question(make_slug(self.ask), self.ask, kind, self.required, self.hint, choices)


class DeskTypeTable(Table):
    """One of `[[desk.types]]`. Its own `code` keeps its cases together when the name changes."""

    name: Text
    code: OptionalText = ""
    group: Text = "Reports"
    description: OptionalText = ""
    department: OptionalText = ""
    queue: OptionalText = ""
    days: float | None = Field(default=None, gt=0)
    questions: Several[DeskQuestionTable] = ()

    @model_validator(mode="after")
    def _asks_each_question_once(self) -> DeskTypeTable:
        if twice := _find_twice(question.ask for question in self.questions):
            raise ValueError(f"two questions ask {twice!r}; ask it once")
        return self

    @property
    def own_code(self) -> str:
        """The code it has, or that of its name."""
        return self.code or make_slug(self.name)

    def to_type(self, desk: DeskTable) -> DeskType:
        """The type, with the desk's department and queue where it has none of its own."""
        return DeskType(
            code=self.own_code,
            name=self.name,
            group=self.group,
            description=self.description,
            department=self.department or desk.department,
            queue=self.queue or desk.queue,
            days=self.days,
            questions=tuple(question.to_question() for question in self.questions),
        )


class DeskTable(Table):
    """`[desk]`."""

    department: Text
    queue: Text
    types: Several[DeskTypeTable] = ()

    @model_validator(mode="after")
    def _has_types_that_differ(self) -> DeskTable:
        if not self.types:
            raise ValueError(
                "there are no [[desk.types]]; write at least one thing that residents can report: "
                'name = "Pothole"'
            )
        codes = [kind.own_code for kind in self.types]
        for number, code in enumerate(codes, 1):
            first = codes.index(code) + 1
            if first < number:
                raise ValueError(
                    f"types {number} is {self.types[number - 1].name!r}, like types {first}; "
                    "give it another name, or a code of its own"
                )
        return self

    def to_setup(self) -> DeskSetup:
        """The desk."""
        types = tuple(kind.to_type(self) for kind in self.types)
        return DeskSetup(self.department, self.queue, types)

    def list_routes(self) -> Iterator[RouteRule]:
        """A route for each type, to its department and queue."""
        for kind in self.to_setup().types:
            match = f"^{re.escape(kind.code)}$"
            yield RouteRule(kind.department, kind.queue, DESK, match=match)

    def to_catch_all(self) -> RouteRule:
        """Who gets the reports of types that are no longer in the file."""
        return RouteRule(self.department, self.queue, DESK)


def _find_twice(words: Iterable[str]) -> str | None:
    """The first text that is there twice, as far as its code tells."""
    seen: set[str] = set()
    for word in words:
        if make_slug(word) in seen:
            return word
        seen.add(make_slug(word))
    return None
