"""`make words`: puts the sentences of pages and refusals into the catalogues of portal/locales.

New sentences come in empty, those gone from the code go, and translations stay. The catalogues
name files but no lines, in the order of the pages, so that a changed sentence is one change there.
Exit 1 while anything is left to translate.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from layouts.shared.language import LANGUAGES, SOURCE
from portal.translations import LOCALES

ROOT = Path(__file__).parents[1]
PAGES = ("layouts", "callbacks", "portal/notifications")
REFUSALS = ("portal", "callbacks")
MARKS = {"_": 1, "ngettext": 2, "pgettext": 2, "npgettext": 3}
"""Functions of layouts.shared.language, and how many texts each begins with."""
WITH_CONTEXT = frozenset({"pgettext", "npgettext"})
OF_PROGRAMS = frozenset(
    {"BadCall", "CallNotFound", "CallNotAllowed", "TooManyCalls", "BadCalls", "BadParameter"}
)
"""Refusals of calls by programs, which are answered in English."""
UNSEEN = frozenset({"SettingsError", "SourceError", "PhotoRefused"}) | OF_PROGRAMS
"""Refusals that no page shows, and one that takes a key of its table of sentences."""
BENCHMARKS = ROOT / "portal" / "benchmarks"
"""No page comes from there; its refusals are for the person who measures."""
HEADER = r"""msgid ""
msgstr ""
"Language: {code}\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: {plurals}\n"

"""


def main() -> int:
    """Update each catalogue and print what is left to translate."""
    wanted = collect_strings()
    left = 0
    for code in LANGUAGES:
        if code != SOURCE.code:
            catalogue = update_catalogue(load_catalogue(code), wanted)
            catalogue_path(code).write_bytes(format_catalogue(catalogue))
            empty = [
                message
                for message in catalogue
                if message.id and not _is_translated(message.string)
            ]
            left += len(empty)
            path = catalogue_path(code).relative_to(ROOT)
            print(f"{code}: {len(catalogue)} strings, {len(empty)} to translate in {path}")
    return 1 if left else 0


def collect_strings() -> Catalog:
    """Every string in the code that a visitor may read, with its files."""
    found = Catalog(fuzzy=False)
    for path, tree in read_trees(*PAGES):
        for context, message in find_marked(tree):
            found.add(message, context=context, locations=[_place(path)])
    classes = refusal_classes(read_trees(*REFUSALS))
    for path, tree in read_trees(*REFUSALS):
        for sentence in find_refusals(tree, classes):
            found.add(sentence, locations=[_place(path)])
    return found


def _place(path: Path) -> tuple[str, int]:
    return path.relative_to(ROOT).as_posix(), 0


def read_trees(*folders: str) -> list[tuple[Path, ast.Module]]:
    """The Python files of the folders, parsed."""
    paths = sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if BENCHMARKS not in path.parents
    )
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def find_marked(tree: ast.Module) -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    """Context and text of every literal in a call of `_` and its like.

    Singular and plural if there are two. Babel's own reader does not look into f-strings.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            texts = list_texts(node)
            if node.func.id == "_":
                yield from ((None, text) for text in texts)
            elif len(texts) == MARKS[node.func.id]:
                context = texts.pop(0) if node.func.id in WITH_CONTEXT else None
                yield context, texts[0] if len(texts) == 1 else tuple(texts)


def list_texts(call: ast.Call) -> list[str]:
    """The literals that a call of `_` and its like begins with; fewer if one is not a literal."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    return [text for argument in call.args[: MARKS[name]] for text in find_literals(argument)]


def refusal_classes(trees: Iterable[tuple[Path, ast.Module]]) -> frozenset[str]:
    """Names of PortalError's subclasses whose sentences a visitor may read."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for _path, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = {"PortalError"}
    while more := {name for name, above in bases.items() if above & known} - known:
        known |= more
    return frozenset(known - UNSEEN)


def find_refusals(tree: ast.Module, classes: frozenset[str]) -> Iterator[str]:
    """Sentences in the call of a refusal, in a name `sentence`, or in a table SENTENCES."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in classes
            and node.args
        ):
            yield from find_literals(node.args[0])
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if node.targets[0].id == "sentence":
                yield from find_literals(node.value)
            elif node.targets[0].id == "SENTENCES" and isinstance(node.value, ast.Dict):
                for value in node.value.values:
                    yield from find_literals(value)


def find_literals(node: ast.expr) -> Iterator[str]:
    """The text of a literal, or both of a choice; f-strings cannot be translated."""
    if isinstance(node, ast.IfExp):
        yield from find_literals(node.body)
        yield from find_literals(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value


def catalogue_path(code: str) -> Path:
    """The file of a language's catalogue."""
    return LOCALES / code / "LC_MESSAGES" / "messages.po"


def load_catalogue(code: str) -> Catalog:
    """A language's catalogue; empty if there is none yet."""
    path = catalogue_path(code)
    if not path.exists():
        path.parent.mkdir(parents=True)
        return Catalog(locale=code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def update_catalogue(catalogue: Catalog, wanted: Catalog) -> Catalog:
    """The catalogue with exactly the code's strings, without guesses from similar ones."""
    catalogue.update(wanted, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def format_catalogue(catalogue: Catalog) -> bytes:
    """The catalogue as a file: the same bytes for the same strings, on any machine."""
    body = BytesIO()
    write_po(
        body,
        catalogue,
        omit_header=True,
        sort_by_file=True,
        include_lineno=False,
        ignore_obsolete=True,
        width=0,
    )
    return (
        HEADER.format(code=catalogue.locale_identifier, plurals=catalogue.plural_forms).encode()
        + body.getvalue()
    )


def _is_translated(string: Any) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    sys.exit(main())
