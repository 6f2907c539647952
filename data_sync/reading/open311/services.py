"""The services of a GeoReport endpoint and what each asks: `services` and `services/CODE`.

Understood wherever they occur: wrappers around lists in JSON ({"services": …},
{"service_definition": …}, {"attribute": […]}), keywords as a list or with commas, booleans as words
or numbers, an order that is missing or a text, datatypes in any capitals. A datatype we do not know
is asked as a line of text, and so is a list without values. What has no code or no words is left
out.
"""

from __future__ import annotations

import math
from typing import Any, get_args

from data_sync.reading.base import Answer
from data_sync.reading.http_answers import unusable_answer
from data_sync.reading.open311.answers import parse_tree
from data_sync.reading.values import to_text
from portal.domain.report import Question, QuestionKind
from portal.domain.service_definition import ServiceDefinition
from portal.domain.tidy import tidy

MOST_SERVICES = 1_000
MOST_QUESTIONS = 60
MOST_KEYWORDS = 100
MOST_CHOICES = 500
LONGEST_CODE, LONGEST_NAME, LONGEST_TEXT = 100, 200, 1_000
LISTS = ("singlevaluelist", "multivaluelist")


def parse_services(answer: Answer, source: str) -> list[ServiceDefinition]:
    """The services in an answer, each code once.

    Raises SourceError for anything else, and if there are none or too many.
    """
    rows = _entries(parse_tree(answer, source, "services"), "services", "service")
    found: dict[str, ServiceDefinition] = {}
    for row in rows:
        code, name = _code(row.get("service_code")), _text(row.get("service_name"), LONGEST_NAME)
        if code and name:
            found.setdefault(code, _service(code, name, row))
    if not found or len(found) > MOST_SERVICES:
        raise unusable_answer(answer, source, f"1 to {MOST_SERVICES:,} services")
    return list(found.values())


def parse_questions(answer: Answer, source: str) -> tuple[Question, ...]:
    """What a service asks, in its order, each code once; empty if it asks nothing.

    Raises SourceError for anything but a service definition.
    """
    definition = _first(parse_tree(answer, source, "a service definition"))
    if not isinstance(definition, dict) or not {"attributes", "service_code"} & set(definition):
        raise unusable_answer(answer, source, "a service definition")
    rows = _entries(definition.get("attributes") or [], "attributes", "attribute")
    found: dict[str, Question] = {}
    for row in sorted(rows, key=_order):
        if question := _question(row):
            found.setdefault(question.code, question)
    return tuple(found.values())[:MOST_QUESTIONS]


def _first(tree: Any) -> Any:
    """The one definition of an answer: bare, wrapped, or in a list."""
    if isinstance(tree, dict):
        return tree.get("service_definition", tree)
    return next(iter(tree or [None]), None)


def _service(code: str, name: str, row: dict[str, Any]) -> ServiceDefinition:
    return ServiceDefinition(
        code=code,
        name=name,
        group=_text(row.get("group"), LONGEST_NAME) or None,
        description=_text(row.get("description"), LONGEST_TEXT),
        keywords=_keywords(row.get("keywords") or ""),
        asks=_is_true(row.get("metadata")),
    )


def _keywords(value: Any) -> tuple[str, ...]:
    words = value if isinstance(value, list) else to_text(value).split(",")
    tidied = (_text(word, LONGEST_NAME) for word in words[:MOST_KEYWORDS])
    return tuple(word for word in tidied if word)


def _question(row: dict[str, Any]) -> Question | None:
    code, prompt = _code(row.get("code")), _text(row.get("description"), LONGEST_TEXT)
    is_asked = not _is_false(row.get("variable"))
    if not prompt or (is_asked and not code):
        return None
    kind = _kind(row.get("datatype"))
    choices = _choices(row.get("values"))
    if (kind in LISTS) != bool(choices):
        kind, choices = ("singlevaluelist", choices) if choices else ("string", ())
    return Question(
        code=code or f"said {prompt}"[:LONGEST_CODE],
        prompt=prompt,
        kind=kind,
        is_required=is_asked and _is_true(row.get("required")),
        hint=_text(row.get("datatype_description"), LONGEST_TEXT),
        choices=choices if is_asked else (),
        is_asked=is_asked,
    )


def _choices(values: Any) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for value in _entries(values or [], "values", "value"):
        key, words = _code(value.get("key")), _text(value.get("name"), LONGEST_NAME)
        if key:
            found.setdefault(key, words or key)
    return tuple(found.items())[:MOST_CHOICES]


def _kind(datatype: Any) -> QuestionKind:
    word = to_text(datatype).strip().lower()
    return next((kind for kind in get_args(QuestionKind) if kind == word), "string")


def _order(row: dict[str, Any]) -> float:
    """The number by which attributes are sorted; those without one come last, as they came."""
    try:
        order = float(to_text(row.get("order")))
    except ValueError:
        return math.inf
    return order if math.isfinite(order) else math.inf


def _entries(tree: Any, *wrappers: str) -> list[dict[str, Any]]:
    """The objects of a list, out of whatever wraps it."""
    while isinstance(tree, dict):
        inner = next((tree[name] for name in wrappers if name in tree), None)
        tree = inner if inner is not None else [tree]
    return [entry for entry in tree if isinstance(entry, dict)] if isinstance(tree, list) else []


def _code(value: Any) -> str:
    """A code as it is sent back; empty if it is too long."""
    code = _text(value, LONGEST_CODE + 1)
    return code if len(code) <= LONGEST_CODE else ""


def _text(value: Any, longest: int) -> str:
    return tidy(to_text(value), longest) or ""


def _is_true(value: Any) -> bool:
    return to_text(value).strip().lower() in ("true", "1", "yes", "t")


def _is_false(value: Any) -> bool:
    return to_text(value).strip().lower() in ("false", "0", "no", "f")
