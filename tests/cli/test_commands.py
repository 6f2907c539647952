"""`python -m portal …`: errors are one sentence and exit status 1; light commands stay light."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal import __version__

ROOT = Path(__file__).parents[2]


def portal(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command as a person types it, with its data in a folder of the test."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return subprocess.run(
        [sys.executable, "-m", "portal", *words],
        cwd=ROOT,
        env={
            **clean,
            "PORTAL_DATA_DIR": str(folder / "var"),
            "PORTAL_JURISDICTIONS": "boston",
            **settings,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_version_is_printed(tmp_path):
    assert portal(tmp_path, "version").stdout == f"citizens-connect {__version__}\n"


def test_version_waits_for_no_database_and_no_pages(tmp_path):
    heavy = ("sqlalchemy", "duckdb", "pandas", "numpy", "dash", "alembic", "pydantic")
    probe = (
        f"import sys, portal.__main__; print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_help_names_every_command(tmp_path):
    text = portal(tmp_path, "--help").stdout
    for word in (
        "bench",
        "bench-data",
        "cases",
        "doctor",
        "facts",
        "migrate",
        "run",
        "serve",
        "version",
    ):
        assert f"\n  {word} " in text


@pytest.mark.parametrize(
    ("words", "settings", "sentence"),
    [
        (["migrate"], {"PORTAL_PORT": "many"}, "PORTAL_PORT is 'many'"),
        (
            ["migrate"],
            {"PORTAL_DATABASE_URL": "mysql://clerk:hush@db/portal"},
            "PORTAL_DATABASE_URL is mysql:…; use postgresql://…",
        ),
        (
            ["migrate"],
            {"PORTAL_OIDC_ISSUER": "https://login.example"},
            "PORTAL_OIDC_CLIENT_ID and PORTAL_OIDC_CLIENT_SECRET not set",
        ),
        (
            ["migrate"],
            {"PORTAL_OIDC_CLIENT_ID": "a", "PORTAL_OIDC_CLIENT_SECRET": "hush"},
            "PORTAL_OIDC_ISSUER not set",
        ),
        (
            ["migrate"],
            {"PORTAL_OIDC_ISSUER": "http://login.example"},
            "PORTAL_OIDC_ISSUER is 'http://login.example'; it begins with https://",
        ),
        (
            ["staff", "list", "demo"],
            {"PORTAL_DATABASE_URL": "postgresql://clerk:hush@127.0.0.1:1/portal"},
            "PostgreSQL at 127.0.0.1:1 does not answer; start it, or correct PORTAL_DATABASE_URL",
        ),
        (["run"], {"PORTAL_JURISDICTIONS": "atlantis"}, "there is no city 'atlantis'"),
        (["run"], {"PORTAL_JURISDICTIONS": " , "}, "PORTAL_JURISDICTIONS is empty"),
    ],
)
def test_wrong_setting_is_one_sentence(tmp_path, words, settings, sentence):
    done = portal(tmp_path, *words, **settings)
    assert done.returncode == 1
    assert done.stderr.startswith("portal: ") and sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert "hush" not in done.stderr


def test_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "var").write_text("a file, where the folder should be")
    done = portal(tmp_path, "migrate")
    assert done.returncode == 1
    assert done.stderr.startswith("portal: ") and "Traceback" not in done.stderr


def test_traceback_comes_when_it_is_asked_for(tmp_path):
    (tmp_path / "var").write_text("a file, where the folder should be")
    assert "Traceback" in portal(tmp_path, "migrate", PORTAL_LOG_LEVEL="DEBUG").stderr


def test_unknown_command_is_named(tmp_path):
    done = portal(tmp_path, "flourish")
    assert done.returncode == 2
    assert "No such command 'flourish'" in done.stderr


def test_migrate_makes_an_empty_store_and_leaves_a_ready_one_alone(tmp_path):
    first, second = portal(tmp_path, "migrate"), portal(tmp_path, "migrate")
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert first.stdout == second.stdout
    assert first.stdout.startswith("the store is at ")


def test_doctor_of_a_fresh_store_finds_nothing_broken(tmp_path):
    portal(tmp_path, "migrate")
    done = portal(tmp_path, "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WRONG" not in done.stdout


def test_doctor_says_how_to_mend_a_store_that_was_never_made(tmp_path):
    done = portal(tmp_path, "doctor")
    assert "→" in done.stdout
    assert "Traceback" not in done.stderr
