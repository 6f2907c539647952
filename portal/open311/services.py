"""Types of case and their questions as Open311 shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

Tree = dict[str, Any]


class AskedQuestion(Protocol):
    """A question of a type (portal.domain.report.Question)."""

    @property
    def code(self) -> str: ...
    @property
    def prompt(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def is_required(self) -> bool: ...
    @property
    def hint(self) -> str: ...
    @property
    def choices(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def is_asked(self) -> bool: ...


def describe_service(
    code: str, name: str, description: str, group: str | None, *, asks: bool, keywords: str = ""
) -> Tree:
    """A type as a service. `asks`: it has questions, which its definition lists."""
    return {
        "service_code": code,
        "service_name": name,
        "description": description,
        "metadata": asks,
        "type": "realtime",
        "keywords": keywords,
        "group": group or "",
    }


def describe_definition(service_code: str, questions: Iterable[AskedQuestion]) -> Tree:
    """A type's questions as a service definition."""
    attributes = [
        {
            "variable": question.is_asked,
            "code": question.code,
            "datatype": question.kind,
            "required": question.is_required,
            "datatype_description": question.hint,
            "order": order,
            "description": question.prompt,
            "values": [{"key": key, "name": words} for key, words in question.choices],
        }
        for order, question in enumerate(questions, 1)
    ]
    return {"service_code": service_code, "attributes": attributes}
