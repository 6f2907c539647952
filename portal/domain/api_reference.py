"""What an API can be asked, in words: its endpoints with their parameters, and its refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """A parameter of an address: its name, JSON Schema, and what it means.

    `is_list`: several values with commas between them. `place` is query or path.
    """

    name: str
    schema: Mapping[str, Any]
    meaning: str
    example: str = ""
    is_list: bool = False
    is_required: bool = False
    place: str = "query"


@dataclass(frozen=True)
class Endpoint:
    """An address, what it means, and the names of its answers' schemas by media type."""

    name: str
    path: str
    summary: str
    meaning: str
    parameters: tuple[Parameter, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    example: str = ""

    @property
    def in_query(self) -> tuple[Parameter, ...]:
        """The parameters behind the question mark."""
        return tuple(one for one in self.parameters if one.place == "query")


@dataclass(frozen=True)
class ApiReference:
    """An API below an address: its endpoints, refusals by status, and calls an hour without a key.

    `number` is that of a public case, for examples that work.
    """

    address: str
    endpoints: tuple[Endpoint, ...]
    refusals: Mapping[int, str]
    calls_per_hour: int
    number: str
