"""`make words`: every sentence of the pages and every refusal of the portal, put into the catalogues of portal/locales.

New ones come in empty, those gone from the code go, and what is translated stays. The catalogues name files but no lines, and stand in the
order of the pages, so that a change to one sentence is a change of one place. Exit 1 while anything is left to translate.
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
"""Functions of layouts.shared.language, with how many texts each begins with."""
WITH_CONTEXT = frozenset({"pgettext", "npgettext"})
UNSEEN = frozenset({"SettingsError", "SourceError", "PhotoRefused"})
"""Refusals that no page shows, and one that is told a key of its table of sentences."""
BENCHMARKS = ROOT / "portal" / "benchmarks"
"""No page comes from there, and what it refuses is for whoever measures."""
HEADER = 'msgid ""\nmsgstr ""\n"Language: {code}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {plurals}\\n"\n\n'


def main() -> int:
    """Renew each catalogue and say what is left to do."""
    wanted = strings()
    left = 0
    for code in LANGUAGES:
        if code != SOURCE.code:
            catalogue = renewed(catalogue_of(code), wanted)
            catalogue_path(code).write_bytes(written(catalogue))
            empty = [
                message
                for message in catalogue
                if message.id and not _is_translated(message.string)
            ]
            left += len(empty)
            print(
                f"{code}: {len(catalogue)} strings, {len(empty)} to translate in {catalogue_path(code).relative_to(ROOT)}"
            )
    return 1 if left else 0


def strings() -> Catalog:
    """Every string of the code that a visitor may read, with the files it stands in."""
    found = Catalog(fuzzy=False)
    for path, tree in sources(*PAGES):
        for context, message in marked(tree):
            found.add(message, context=context, locations=[_place(path)])
    classes = refusal_classes(sources(*REFUSALS))
    for path, tree in sources(*REFUSALS):
        for sentence in refusals(tree, classes):
            found.add(sentence, locations=[_place(path)])
    return found


def _place(path: Path) -> tuple[str, int]:
    return path.relative_to(ROOT).as_posix(), 0


def sources(*folders: str) -> list[tuple[Path, ast.Module]]:
    """The Python files of the folders, read."""
    paths = sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if BENCHMARKS not in path.parents
    )
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def marked(tree: ast.Module) -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    """Context and text of every literal in a call of `_` and its like; singular and plural where there are two.

    Babel's own reader does not look into f-strings.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            texts = texts_of(node)
            if node.func.id == "_":
                yield from ((None, text) for text in texts)
            elif len(texts) == MARKS[node.func.id]:
                context = texts.pop(0) if node.func.id in WITH_CONTEXT else None
                yield context, texts[0] if len(texts) == 1 else tuple(texts)


def texts_of(call: ast.Call) -> list[str]:
    """The literals that a call of `_` and its like begins with; fewer than it should have where one is none."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    return [text for argument in call.args[: MARKS[name]] for text in literals(argument)]


def refusal_classes(trees: Iterable[tuple[Path, ast.Module]]) -> frozenset[str]:
    """Names of PortalError's children, near and far, whose sentences a visitor may read."""
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


def refusals(tree: ast.Module, classes: frozenset[str]) -> Iterator[str]:
    """Sentences that stand in the call of a refusal, in a name `sentence`, or in a table SENTENCES."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in classes
            and node.args
        ):
            yield from literals(node.args[0])
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if node.targets[0].id == "sentence":
                yield from literals(node.value)
            elif node.targets[0].id == "SENTENCES" and isinstance(node.value, ast.Dict):
                for value in node.value.values:
                    yield from literals(value)


def literals(node: ast.expr) -> Iterator[str]:
    """The text of a literal, or the two of a choice; a text with values already in it can be no translator's."""
    if isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value


def catalogue_path(code: str) -> Path:
    """Where a language's catalogue lies."""
    return LOCALES / code / "LC_MESSAGES" / "messages.po"


def catalogue_of(code: str) -> Catalog:
    """A language's catalogue, empty where there is none yet."""
    path = catalogue_path(code)
    if not path.exists():
        path.parent.mkdir(parents=True)
        return Catalog(locale=code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def renewed(catalogue: Catalog, wanted: Catalog) -> Catalog:
    """The catalogue with the code's strings and no others; nothing is guessed from a string that looks alike."""
    catalogue.update(wanted, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """The catalogue as a file: the same bytes for the same strings, whoever writes it and whenever."""
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
