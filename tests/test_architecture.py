"""The structure: who may import whom, what may not be in the repository, how long things may be.

Every check is a function of a folder that returns what it finds wrong. Each is also tried on a bad
sample, so that no check can stop working unnoticed.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("portal", "layouts", "callbacks", "data_sync")
MAY_IMPORT = {
    "portal": {"portal"},
    "layouts": {"layouts", "portal"},
    "callbacks": {"callbacks", "layouts", "portal"},
    "data_sync": {"data_sync", "portal"},
    "app": {"app", "callbacks", "layouts", "portal"},
}
OURS = {*ROOMS, "app"}
FORBIDDEN_OUTSIDE = {
    "portal": {"dash", "dash_leaflet", "plotly"},
    "layouts": {"sqlalchemy", "duckdb", "psycopg", "pysqlite3", "sqlite3", "flask"},
    "callbacks": {"sqlalchemy", "pandas", "duckdb"},
    "data_sync": {"dash", "dash_leaflet", "plotly"},
}
LONGEST_FUNCTION = 60
LONGEST_FILE = 450
LONGEST_LINE = 100
Finder = Callable[[Path], list[str]]


def code_files(root: Path) -> Iterator[Path]:
    """Our Python files but the tests'; migrations are history and keep their length."""
    for name in OURS:
        yield from sorted((root / name).rglob("*.py"))
    yield from (path for path in [root / "app.py"] if path.exists())


def room_of(root: Path, path: Path) -> str:
    return path.relative_to(root).parts[0].removesuffix(".py")


def imports_of(path: Path) -> list[str]:
    """Full names of all a file imports, in functions too: `from portal import x` is portal.x."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            names.append("relative import")
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def is_or_is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def wrong_arrows(root: Path) -> list[str]:
    """Imports between rooms that the picture does not show."""
    wrong = []
    for path in code_files(root):
        room = room_of(root, path)
        for name in imports_of(path):
            top = name.split(".")[0]
            if name == "relative import" or (top in OURS and top not in MAY_IMPORT[room]):
                wrong.append(f"{path.relative_to(root)} imports {name}")
    return wrong


def module_of(root: Path, path: Path) -> str:
    """The dotted name of a file; of `__init__.py`, its package's."""
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    return name.removesuffix(".__init__")


def our_imports(root: Path) -> dict[str, set[str]]:
    """Which of our modules each of our modules imports, in functions and for types too."""
    paths = {module_of(root, path): path for path in code_files(root)}
    return {
        module: {
            name if name in paths else name.rpartition(".")[0]
            for name in imports_of(path)
            if name in paths or name.rpartition(".")[0] in paths
        }
        - {module}
        for module, path in paths.items()
    }


def import_circles(root: Path) -> list[str]:
    """Files, and folders of one folder, that import each other in a circle.

    Checked in every folder: what stands in it, a file or a whole folder, has an order from the
    one that imports to the one that is imported. So no two folders import each other either.
    """
    inside: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for module, imported in our_imports(root).items():
        for other in imported:
            folder, mine, theirs = where_they_part(module, other)
            inside[folder][mine].add(theirs)
    wrong = []
    for folder, children in sorted(inside.items()):
        try:
            TopologicalSorter(children).prepare()
        except CycleError as circle:
            wrong.append(f"{folder or 'the house'}: {' → '.join(circle.args[1])} import each other")
    return wrong


def where_they_part(module: str, other: str) -> tuple[str, str, str]:
    """The folder that holds both, and what each of them is in there.

    A package's own `__init__` is the child "" of its folder.
    """
    mine, theirs = module.split("."), other.split(".")
    shared = 0
    while shared < min(len(mine), len(theirs)) and mine[shared] == theirs[shared]:
        shared += 1
    folder = ".".join(mine[:shared])
    return folder, "".join(mine[shared : shared + 1]), "".join(theirs[shared : shared + 1])


def wrong_libraries(root: Path) -> list[str]:
    """Libraries in a room that has no business with them."""
    return [
        f"{path.relative_to(root)} imports {name}"
        for path in code_files(root)
        for name in imports_of(path)
        for library in FORBIDDEN_OUTSIDE.get(room_of(root, path), ())
        if is_or_is_in(name, library)
    ]


def layouts_that_look_around(root: Path) -> list[str]:
    """Layouts that need a store, a clock or a session: they may import rules and words only."""
    allowed = ("portal.domain", "portal.errors", "portal.queries", "portal.translations")
    wrong = []
    for path in sorted((root / "layouts").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        wrong += [
            f"{path.relative_to(root)} imports {name}"
            for name in imports_of(path)
            if is_or_is_in(name, "portal")
            and not any(is_or_is_in(name, package) for package in allowed)
        ]
        wrong += [
            f"{path.relative_to(root)} asks the clock: {call}"
            for call in ("datetime.now(", "time.time(", "date.today(", "utcnow(")
            if call in text
        ]
    return wrong


def domain_beyond_the_standard_library(root: Path) -> list[str]:
    """portal/domain imports the standard library, itself, and the errors."""
    wrong = []
    for path in sorted((root / "portal" / "domain").rglob("*.py")):
        for name in imports_of(path):
            ours = any(is_or_is_in(name, package) for package in ("portal.domain", "portal.errors"))
            if not ours and name.split(".")[0] not in sys.stdlib_module_names:
                wrong.append(f"{path.relative_to(root)} imports {name}")
    return wrong


def readers_of_the_environment(root: Path) -> list[str]:
    """Files but portal/settings.py that read environment variables."""
    return [
        f"{path.relative_to(root)} reads the environment"
        for path in code_files(root)
        if path != root / "portal" / "settings.py"
        and re.search(
            r"\bos\.(environ|getenv|environb)\b|from os import .*\b(environ|getenv)\b",
            path.read_text(encoding="utf-8"),
        )
    ]


def process_wide_dash(root: Path) -> list[str]:
    """Uses of what belongs to the process, not the app: the global callback registry, use_pages."""
    wrong = []
    for path in code_files(root):
        text = path.read_text(encoding="utf-8")
        names = imports_of(path)
        if re.search(r"\bdash\.(clientside_)?callback\s*\(", text) or {
            "dash.callback",
            "dash.clientside_callback",
        } & set(names):
            wrong.append(
                f"{path.relative_to(root)} uses the global dash.callback;"
                " write app.callback in register(app, portal)"
            )
        if re.search(r"use_pages\s*=\s*True|\bregister_page\s*\(", text):
            wrong.append(f"{path.relative_to(root)} uses Dash pages; routes are registered by hand")
    return wrong


def pickles(root: Path) -> list[str]:
    """Imports of anything that runs code when it reads data."""
    dangerous = ("pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib")
    return [
        f"{path.relative_to(root)} imports {name}"
        for path in code_files(root)
        for name in imports_of(path)
        if any(is_or_is_in(name, package) for package in dangerous)
    ]


def too_long(root: Path) -> list[str]:
    """Functions of more than 60 lines and files of more than 450."""
    wrong = []
    for path in code_files(root):
        if "versions" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > LONGEST_FILE:
            wrong.append(f"{path.relative_to(root)} has {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                and node.end_lineno is not None
            ):
                lines = node.end_lineno - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    wrong.append(f"{path.relative_to(root)}: {node.name} has {lines} lines")
    return wrong


def modules_without_a_topic(root: Path) -> list[str]:
    """Modules that do not say in their first line what they are about, or are called utils."""
    wrong = []
    for path in code_files(root):
        text = path.read_text(encoding="utf-8")
        if text.strip() and ast.get_docstring(ast.parse(text)) is None:
            wrong.append(f"{path.relative_to(root)} has no docstring")
        if path.stem in {"utils", "util", "helpers", "misc", "common"}:
            wrong.append(f"{path.relative_to(root)} is a drawer for everything")
    return wrong


def repository_files(root: Path) -> list[Path]:
    """The files git has or would add; outside a git checkout, all but those made here."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0 and (root / ".git").exists():
        paths = [root / name for name in listed.stdout.decode().split("\0") if name]
    else:
        paths = [
            path
            for path in root.rglob("*")
            if not {".venv", "var", ".git", "__pycache__"} & set(path.parts)
        ]
    return sorted(path for path in paths if path.is_file())


def text_of(path: Path) -> str:
    """The file's text; of a picture and the like, nothing."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


# Written in two halves, so that this file does not find itself.
MACHINE_PATHS = re.compile(
    "|".join(
        [
            "(?<![\\w./])/wo" + "rk/",
            "(?<![\\w.])/ro" + "ot/",
            "(?<![\\w./])/ho" + r"me/\w+",
            "/tmp/pl" + "an",
        ]
    )
)
REGISTRY_HOSTS = re.compile(
    "|".join(
        [
            "py" + r"pi\.(org|python\.org)",
            "python" + "hosted",
            "registry" + r"\.npmjs",
            "art" + "ifactory",
            "/opt/" + "wheels",
        ]
    )
)


def traces_of_a_machine(root: Path) -> list[str]:
    """Paths of one machine and names of package registries, in any file of the repository."""
    wrong = []
    for path in repository_files(root):
        for number, line in enumerate(text_of(path).splitlines(), 1):
            found = MACHINE_PATHS.search(line) or REGISTRY_HOSTS.search(line)
            if found:
                wrong.append(f"{path.relative_to(root)}:{number} names {found.group()}")
    return wrong


def addresses_in_locks(root: Path) -> list[str]:
    """Addresses and options in the lock files, and requirements without a hash."""
    wrong = []
    for path in sorted(root.glob("requirements*.lock")):
        logical_lines = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        for line in filter(str.strip, logical_lines):
            if (
                "://" in line
                or line.lstrip().startswith("-")
                or "--hash=sha256:" not in line
                or "==" not in line
            ):
                wrong.append(f"{path.name}: {line.strip()[:60]}")
    return wrong


SMALL_FIXTURE = 20_000
THIRD_PARTY = (".woff", ".woff2", ".ttf", ".otf", ".eot", ".min.js", ".min.css", ".whl")
DATA = (".zip", ".gz", ".parquet", ".duckdb", ".sqlite", ".db", ".xlsx", ".csv")


def things_that_are_not_ours(root: Path) -> list[str]:
    """Fonts, packed scripts and data files; a hand-made fixture of a test is small."""
    wrong = []
    for path in repository_files(root):
        is_fixture = (
            path.relative_to(root).parts[0] == "tests" and path.stat().st_size < SMALL_FIXTURE
        )
        if path.name.endswith(THIRD_PARTY) or (path.name.endswith(DATA) and not is_fixture):
            wrong.append(f"{path.relative_to(root)} is not our work")
    return wrong


def scripts_from_elsewhere(root: Path) -> list[str]:
    """Scripts, styles and imports in assets and pages that another host would serve."""
    pattern = re.compile(
        r"""(<script[^>]+src=|<link[^>]+href=|@import\s+(url\()?|\bimport\s*\(?|url\()"""
        r"""\s*["']?(https?:)?//"""
    )
    sources = [*(root / "assets").rglob("*.*"), *code_files(root)]
    return [
        f"{path.relative_to(root)} loads from another host"
        for path in sources
        if path.is_file() and pattern.search(text_of(path))
    ]


def old_variables(root: Path) -> list[str]:
    """`var` in our scripts, which say `const` and `let`: a variable belongs to its block."""
    folders = (root / "assets", root / "data_sync" / "desk" / "static")
    return [
        f"{path.relative_to(root)}:{number} declares a var"
        for folder in folders
        for path in sorted(folder.rglob("*.js"))
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if re.search(r"(^|[;({])\s*var\s", line)
    ]


def long_lines_of_the_browser(root: Path) -> list[str]:
    """Lines of more than 100 columns in our scripts and style sheets."""
    folders = (root / "assets", root / "data_sync" / "desk" / "static")
    return [
        f"{path.relative_to(root)}:{number} has {len(line)} columns"
        for folder in folders
        for path in sorted({*folder.rglob("*.js"), *folder.rglob("*.css")})
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if len(line) > LONGEST_LINE
    ]


CHECKS: list[tuple[Finder, str, str | dict[str, str]]] = [
    (wrong_arrows, "portal/queries/cases/cases.py", "from layouts import home\n"),
    (wrong_arrows, "portal/queries/cases/cases.py", "from . import counts\n"),
    (wrong_arrows, "data_sync/pull/run.py", "def later():\n    import app\n"),
    (wrong_arrows, "layouts/cases/home.py", "import data_sync.pull.run\n"),
    (wrong_arrows, "app.py", "from data_sync import run\n"),
    (
        import_circles,
        "portal",
        {"a.py": "from portal import b\n", "b.py": "from portal.a import f\n"},
    ),
    (
        import_circles,
        "portal",
        {
            "store/models.py": "from portal.queries import cases\n",
            "queries/cases.py": "X = 1\n",
            "queries/counts.py": "def f():\n    import portal.store.engines\n",
            "store/engines.py": "X = 1\n",
        },
    ),
    (
        import_circles,
        "data_sync/desk",
        {
            "__init__.py": "from data_sync.desk import queue\n",
            "queue.py": "import data_sync.desk\n",
        },
    ),
    (wrong_libraries, "portal/context.py", "import dash\n"),
    (wrong_libraries, "callbacks/cases/home.py", "import pandas as pd\n"),
    (wrong_libraries, "data_sync/pull/run.py", "from dash import html\n"),
    (wrong_libraries, "layouts/cases/home.py", "import duckdb\n"),
    (layouts_that_look_around, "layouts/cases/home.py", "from portal.context import Portal\n"),
    (
        layouts_that_look_around,
        "layouts/cases/home.py",
        "from datetime import datetime\nNOW = datetime.now()\n",
    ),
    (domain_beyond_the_standard_library, "portal/domain/case.py", "import pydantic\n"),
    (
        domain_beyond_the_standard_library,
        "portal/domain/case.py",
        "from portal.store.models import Case\n",
    ),
    (readers_of_the_environment, "portal/store/engines.py", "import os\nURL = os.environ['URL']\n"),
    (readers_of_the_environment, "app.py", "from os import getenv\n"),
    (process_wide_dash, "callbacks/cases/home.py", "from dash import callback\n"),
    (
        process_wide_dash,
        "callbacks/cases/home.py",
        "import dash\n\n@dash.callback()\ndef f():\n    return 1\n",
    ),
    (process_wide_dash, "app.py", "from dash import Dash\nDash(use_pages=True)\n"),
    (pickles, "portal/cache.py", "import pickle\n"),
    (too_long, "portal/long.py", "def f():\n" + "    x = 1\n" * 61),
    (too_long, "portal/long.py", "X = 1\n" * 451),
    (modules_without_a_topic, "portal/quiet.py", "X = 1\n"),
    (modules_without_a_topic, "portal/utils.py", '"""Everything."""\n'),
    (traces_of_a_machine, "docs/x.md", "see /wo" + "rk/main\n"),
    (traces_of_a_machine, "README.md", "pip install -i https://py" + "pi.org/simple\n"),
    (addresses_in_locks, "requirements.lock", "--index-url https://example.org\n"),
    (addresses_in_locks, "requirements.lock", "dash==4.4.1\n"),
    (
        addresses_in_locks,
        "requirements.lock",
        "dash @ https://example.org/dash.whl --hash=sha256:00\n",
    ),
    (things_that_are_not_ours, "assets/font.woff2", "x"),
    (things_that_are_not_ours, "tests/rows.csv", "a,b\n" * 6_000),
    (
        scripts_from_elsewhere,
        "assets/shared-1-tokens.css",
        "@import url('https://example.org/font.css');\n",
    ),
    (
        scripts_from_elsewhere,
        "layouts/shared/document.py",
        "PAGE = '<script defer src=\"//example.org/x.js\">'\n",
    ),
    (old_variables, "assets/report.js", "(function () {\n  var form = null;\n})();\n"),
    (old_variables, "data_sync/desk/static/desk.js", "for (var i = 0; i < 3; i++) act(i);\n"),
    (long_lines_of_the_browser, "assets/report.js", f"const names = [{'1, ' * 30}1];\n"),
    (long_lines_of_the_browser, "data_sync/desk/static/desk.css", f"/* {'long ' * 20}*/\n"),
]


@pytest.mark.parametrize(
    "find", dict.fromkeys(find for find, _, _ in CHECKS), ids=lambda find: find.__name__
)
def test_house_has_no(find: Finder):
    assert find(ROOT) == []


@pytest.mark.parametrize(
    ("find", "name", "content"), CHECKS, ids=lambda value: getattr(value, "__name__", None)
)
def test_bad_sample_is_found(
    find: Finder, name: str, content: str | dict[str, str], tmp_path: Path
):
    assert find(tmp_path) == []
    files = {name: content} if isinstance(content, str) else content
    folder = tmp_path if isinstance(content, str) else tmp_path / name
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    assert len(find(tmp_path)) == 1


def test_every_room_is_looked_at():
    rooms = {room_of(ROOT, path) for path in code_files(ROOT)}
    assert rooms == OURS


def test_portal_starts_without_pages_and_pages_without_the_sync():
    """The arrows hold at run time too: importing a room does not drag in what it may not know."""
    for module, unwanted in [
        ("portal.settings", "sqlalchemy"),
        ("portal.domain.case", "pydantic"),
        ("data_sync.reading.base", "dash"),
        ("portal.findings.keep", "numpy"),
    ]:
        probe = f"import sys, {module}; sys.exit({unwanted!r} in sys.modules)"
        assert (
            subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=False).returncode == 0
        ), f"{module} imports {unwanted}"
