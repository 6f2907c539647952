"""What is wrong in a city's file, in our own sentences instead of pydantic's.

    ("routes", 2, "queue"), 3, "string_type"  →  "routes 3: queue is 3; it must be text"

A list's entries are counted from 1, as a person counts the tables of a file.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

LONGEST_VALUE = 200
"""Characters of a wrong value that are repeated to its author."""


class BadValue(ValueError):
    """A value that cannot be used. `{key}` and `{value}` in its sentence come from the file.

    BadValue("{key} is {value}; it begins with https://")
    """

    def __init__(self, sentence: str, **values: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = values

    def describe(self, key: str, value: str) -> str:
        """The sentence about this key and value."""
        return self.sentence.format(key=key, value=value, **self.values)


_SHOULD_BE = {
    "string_type": "it must be text",
    "bool_type": "it must be true or false",
    "int_type": "it must be a whole number",
    "float_type": "it must be a number",
    "finite_number": "it must be a number",
    "dict_type": 'it must be a table of keys, such as {{ key = "value" }}',
    "model_type": 'it must be a table of keys, such as {{ key = "value" }}',
    "tuple_type": 'it must be a list, such as ["…", "…"]',
    "greater_than": "it must be more than {gt:g}",
    "greater_than_equal": "it must be at least {ge:g}",
    "less_than_equal": "it must be at most {le:g}",
}


def list_faults(problem: ValidationError) -> list[str]:
    """A sentence for each thing that is wrong, in the order of the file's description."""
    return [_describe(error) for error in problem.errors(include_url=False)]


def _describe(error: ErrorDetails) -> str:
    path = _join_numbers(error["loc"])
    cause = error.get("ctx", {}).get("error")
    if cause is not None and not isinstance(cause, BadValue):
        return ": ".join([*path, str(cause)])  # a table's own check, which names its keys
    *tables, key = path
    return ": ".join([*tables, _describe_value(error, key)])


def _describe_value(error: ErrorDetails, key: str) -> str:
    """What is wrong with the value of a key, or with the key itself."""
    kind = error["type"]
    given = error["input"]
    context = error.get("ctx", {})
    if kind == "missing":
        return f"the key {key!r} is missing"
    if kind == "extra_forbidden":
        return f"unknown key {key!r}; docs/cities.md lists those there are"
    if kind == "string_too_short":
        return f"{key} is empty; write what it is"
    if kind == "tuple_type" and isinstance(given, dict):
        return f"{key} is one table; there may be several: write [[{key}]] with two brackets"
    if isinstance(context.get("error"), BadValue):
        return context["error"].describe(key, _shorten(given))
    return f"{key} is {_shorten(given)}; {_should_be(error, context)}"


def _should_be(error: ErrorDetails, context: dict[str, Any]) -> str:
    if error["type"] == "literal_error":
        return "it is one of " + ", ".join(re.findall("'([^']*)'", context["expected"]))
    sentence = _SHOULD_BE.get(error["type"])
    return sentence.format(**context) if sentence else error["msg"]


def _join_numbers(path: tuple[str | int, ...]) -> list[str]:
    """("routes", 2, "queue") as ["routes 3", "queue"]."""
    parts: list[str] = []
    for part in path:
        if isinstance(part, int) and parts:
            parts[-1] += f" {part + 1}"
        else:
            parts.append(str(part))
    return parts


def _shorten(value: Any) -> str:
    written = repr(value)
    return written if len(written) <= LONGEST_VALUE else written[:LONGEST_VALUE] + "…"
