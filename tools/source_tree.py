"""Our Python files as the measures see them: their lines, their functions, and who imports whom."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CODE = ("app.py", "portal", "layouts", "callbacks", "data_sync")
TESTS = ("tests",)
Function = ast.FunctionDef | ast.AsyncFunctionDef
Graph = Mapping[str, set[str]]


@dataclass(frozen=True)
class Source:
    """One file. `name` is its dotted name; that of a package's `__init__` is the package's."""

    path: Path
    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The file, parsed."""
        return ast.parse(self.text)

    @property
    def lines(self) -> list[str]:
        """Its lines, without line ends."""
        return self.text.splitlines()


def read_sources(root: Path, names: Iterable[str]) -> list[Source]:
    """The Python files of these files and folders, in alphabetical order.

    Migrations are history and left out.
    """
    paths = [path for name in names for path in [root / name, *(root / name).rglob("*.py")]]
    return [
        Source(path, _dotted_name(root, path), path.read_text(encoding="utf-8"))
        for path in sorted(paths)
        if path.is_file() and "versions" not in path.parts
    ]


def list_functions(source: Source) -> Iterator[tuple[Function, bool]]:
    """Every function of a file, and whether it is public.

    Public are functions and methods that no name above them, nor their own, hides with a "_",
    and that are not inside another function.
    """
    yield from _functions_in(source.tree, is_public=True)


def _functions_in(node: ast.AST, is_public: bool) -> Iterator[tuple[Function, bool]]:
    for child in ast.iter_child_nodes(node):
        is_function = isinstance(child, Function)
        shows = is_public and not getattr(child, "name", "").startswith("_")
        if is_function:
            yield child, shows
        yield from _functions_in(child, shows and not is_function)


def count_parameters(function: Function) -> int:
    """How many values a caller may hand over; `self` and `cls` are not handed over."""
    names = [
        *function.args.posonlyargs,
        *function.args.args,
        *function.args.kwonlyargs,
        *filter(None, (function.args.vararg, function.args.kwarg)),
    ]
    return sum(name.arg not in ("self", "cls") for name in names)


def imports_between(sources: list[Source]) -> dict[str, set[str]]:
    """Which of these modules each of them imports, inside functions and for types too."""
    names = {source.name for source in sources}
    return {source.name: _our_imports(source, names) - {source.name} for source in sources}


def find_circles(graph: Graph) -> list[set[str]]:
    """Groups of modules that reach each other through their imports."""
    reached = {module: _reachable(graph, module) for module in graph}
    circles: list[set[str]] = []
    for module, others in reached.items():
        circle = {other for other in others if module in reached.get(other, ())}
        if circle and circle not in circles:
            circles.append(circle)
    return circles


def find_folder_rings(graph: Graph) -> list[set[str]]:
    """Groups of folders, and files beside them, that import each other, in every folder.

    A group of files alone is a circle and not counted again.
    """
    floors: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for module, imported in graph.items():
        for other in imported:
            folder, mine, theirs = _where_they_part(module, other)
            floors[folder][mine].add(theirs)
            floors[folder][theirs] |= set()
    folders = {folder for module in graph for folder in _parents(module)}
    rings = [ring for children in floors.values() for ring in find_circles(children)]
    return [ring for ring in rings if ring & folders]


def _dotted_name(root: Path, path: Path) -> str:
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    return name.removesuffix(".__init__")


def _parents(module: str) -> list[str]:
    """["portal", "portal.facts"] for "portal.facts.build"."""
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def _our_imports(source: Source, names: set[str]) -> set[str]:
    imported: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                imported.add(full if full in names else node.module)
    return imported & names


def _reachable(graph: Graph, start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph.get(start, ()))
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += graph.get(module, ())
    return seen


def _where_they_part(module: str, other: str) -> tuple[str, str, str]:
    """The folder both are in, and the child of it that each is in or is.

    ("portal.facts.build", "portal.store.leases") part in "portal", into its "facts" and "store".
    """
    mine = module.split(".")
    theirs = other.split(".")
    shared = 0
    while shared < min(len(mine), len(theirs)) and mine[shared] == theirs[shared]:
        shared += 1
    folder = ".".join(mine[:shared])
    return folder, ".".join(mine[: shared + 1]), ".".join(theirs[: shared + 1])
