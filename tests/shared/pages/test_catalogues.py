"""Every sentence that a visitor may read is marked, is in each catalogue, and is translated."""

from __future__ import annotations

import ast
import re

import pytest
from babel.messages.catalog import Message

from layouts.shared.language import LANGUAGES, SOURCE, speaking
from layouts.shared.language import _ as translated
from portal.errors import BadRequest
from tools.translations import (
    MARKS,
    REFUSALS,
    catalogue_path,
    collect_strings,
    find_literals,
    find_marked,
    find_refusals,
    format_catalogue,
    load_catalogue,
    read_trees,
    refusal_classes,
    update_catalogue,
)  # fmt: skip

OTHERS = [code for code in LANGUAGES if code != SOURCE.code]
UNTRANSLATABLE = (
    "portal/facts",
    "portal/migrations",
    "portal/store/leases.py",
    "portal/store/absence.py",
    "portal/store/engines.py",
    "portal/cli/serve.py",
    "portal/datasets",
    "portal/cli/datasets.py",
)
"""What these refuse is for operators, in English."""
HOLE = re.compile(r"\{\w+\}")


@pytest.mark.parametrize("code", OTHERS)
def test_the_catalogue_is_what_make_words_writes(code: str):
    assert catalogue_path(code).read_bytes() == format_catalogue(
        update_catalogue(load_catalogue(code), collect_strings())
    ), "run `make words` and translate what is new"


@pytest.mark.parametrize("code", OTHERS)
def test_every_string_is_translated_with_its_own_holes_and_edges(code: str):
    faults = [
        fault for message in load_catalogue(code) if message.id and (fault := fault_of(message))
    ]
    assert not faults, "\n".join(faults)


def fault_of(message: Message) -> str | None:
    """What is wrong with a translation; None if nothing is."""
    sources_, translations = _forms(message.id), _forms(message.string)
    if not all(translations) or "fuzzy" in message.flags:
        return f"not translated: {message.id!r}"
    for i, form in enumerate(translations):
        # A singular may leave its number out, or say it where the source does not.
        allowed = sources_ if i == 0 else sources_[-1:]
        if sorted(HOLE.findall(form)) not in [sorted(HOLE.findall(source)) for source in allowed]:
            return f"other holes: {message.id!r} → {form!r}"
        if _edges(form) != _edges(sources_[-1]):
            return f"other spaces at its edges: {message.id!r} → {form!r}"
    return None


def _forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _edges(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()


@pytest.mark.parametrize(
    ("source", "translation", "fault"),
    [
        ("Open for {span}.", "Abierto.", "other holes"),
        ("Open for {span}.", "", "not translated"),
        ("Open for {span}.", " Abierto desde hace {span}.", "other spaces"),
        (("{n} case", "{n} cases"), ("{n} caso", "casos"), "other holes"),
        (("{n} case", "{n} cases"), ("un caso", "{n} casos"), "other holes"),
        (("One photo", "{n} photos"), ("Una foto", "{n} fotos"), None),
    ],
)
def test_bad_translations_are_found(source: str, translation: str, fault: str | None):
    assert (fault_of(Message(source, translation)) or "").startswith(fault or "")
    assert (fault_of(Message(source, translation)) is None) == (fault is None)


def test_only_literals_are_marked_so_that_none_is_missed():
    """A refusal's sentence is translated where it is shown, and marked where it is raised."""
    loose = [
        f"{path.name}: {ast.unparse(node)}"
        for path, tree in read_trees("layouts", "callbacks")
        for node in _calls(tree, frozenset(MARKS))
        if not list(find_marked(ast.Module([ast.Expr(node)], [])))
    ]
    assert [call for call in loose if not re.search(r"_\((\w+\.)?sentence\b", call)] == []


def test_what_a_refusal_says_to_visitors_has_its_values_beside_it():
    trees = [
        (path, tree)
        for path, tree in read_trees(*REFUSALS)
        if not any(part in path.as_posix() for part in UNTRANSLATABLE)
    ]
    classes = refusal_classes(read_trees(*REFUSALS))
    filled_in = [
        f"{path.name}: {ast.unparse(node)}"
        for path, tree in trees
        for node in _calls(tree, classes)
        if node.args
        and not list(find_literals(node.args[0]))
        and ast.unparse(node.args[0]) != "sentence"
    ]
    assert filled_in == []


def test_sentences_are_found_in_f_strings_choices_tables_and_refusals():
    tree = ast.parse(
        """
class Refused(BadRequest): ...
heading = f"{_('One')} {ngettext('{n} two', '{n} twos', n)}"
_("Three" if n else "Four")
pgettext("of five", "Five")
sentence = "Six {n}."
SENTENCES = {404: "Seven."}
raise Refused("Eight.")
raise SettingsError("Never shown.")
"""
    )
    assert set(find_marked(tree)) == {
        (None, "One"), (None, ("{n} two", "{n} twos")), (None, "Three"), (None, "Four"),
        ("of five", "Five"),
    }  # fmt: skip
    assert set(find_refusals(tree, frozenset({"Refused"}))) == {"Six {n}.", "Seven.", "Eight."}


def test_refusals_are_those_of_the_error_tree_however_deep():
    tree = ast.parse(
        "class PortalError(Exception): ...\nclass NotReady(PortalError): ...\n"
        "class TooLong(NotReady): ...\nclass Other: ..."
    )
    assert refusal_classes([(catalogue_path("es"), tree)]) == {"PortalError", "NotReady", "TooLong"}


def test_a_refusal_is_said_in_the_reader_s_language():
    refusal = BadRequest("The search has {n} characters; at most {most}.", n=300, most=200)
    with speaking("es"):
        assert (
            translated(refusal.sentence, **refusal.values)
            == "La búsqueda tiene 300 caracteres; puede tener 200 como máximo."
        )
    assert str(refusal) == "The search has 300 characters; at most 200."


def _calls(tree: ast.Module, names: frozenset[str]) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]
