"""The desk's commands: it starts, stores, stops, and says in a sentence why it cannot."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from data_sync.desk.cli import desk, load_or_make_secret
from data_sync.desk.models import open_desk
from data_sync.desk.records import DeskService
from data_sync.desk.store import add_services, count_cases

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@contextmanager
def running(database: Path, port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    words = [
        sys.executable,
        "-m",
        "data_sync",
        "desk",
        "serve",
        "--database",
        str(database),
        "--port",
        str(port),
        "--key",
        "right",
        *more,
    ]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert (
            process.stdout and process.stdout.readline() == f"desk ready http://127.0.0.1:{port}\n"
        )
        yield process
    finally:
        process.terminate()
        process.wait(60)
        if process.stdout:
            process.stdout.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_desk_starts_takes_a_case_stops_cleanly_and_starts_again_on_its_data(tmp_path, how):
    database, port = tmp_path / "desk.sqlite", free_port()
    engine = open_desk(database)
    add_services(
        engine, [DeskService("light", "Street light", "Streets", "", "Lighting", "Lights", None)]
    )
    engine.dispose()
    with running(database, port) as process:
        assert json.load(
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60)
        ) == {"alive": True}
        form = b"api_key=right&service_code=light&address_string=1+Elm+St"
        assert (
            urllib.request.urlopen(
                f"http://127.0.0.1:{port}/open311/v2/requests.json", form, timeout=60
            ).status
            == 200
        )
        process.send_signal(how)
        assert process.wait(60) == 0
    assert count_cases(open_desk(database)) == 1
    if how == signal.SIGTERM:
        with running(database, port):
            assert (
                len(
                    json.load(
                        urllib.request.urlopen(
                            f"http://127.0.0.1:{port}/open311/v2/requests.json", timeout=60
                        )
                    )
                )
                == 1
            )


def run(*words: str, typed: str = ""):
    return CliRunner().invoke(desk, list(words), input=typed)


def test_accounts_are_made_and_taken_away(tmp_path):
    database = ("--database", str(tmp_path / "desk.sqlite"))
    assert (
        run(
            "add-staff", "Ana", *database, "--password-stdin", typed="a long enough sentence\n"
        ).output
        == "Ana may sign in\n"
    )
    assert (
        "Ana may sign in"
        in run(
            "add-staff", "Ana", *database, typed="a longer sentence yet\na longer sentence yet\n"
        ).output
    )
    assert run("remove-staff", "Ana", *database).output == "Ana may no longer sign in\n"


def test_what_cannot_be_done_is_one_sentence_and_exit_code_1(tmp_path):
    database = ("--database", str(tmp_path / "desk.sqlite"))
    (tmp_path / "notes.txt").write_text("this is no database, it is a text of some length" * 40)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for answer, words in (
            (
                run("add-staff", "Ana", *database, "--password-stdin", typed="short\n"),
                "at least 15",
            ),
            (run("remove-staff", "Ben", *database), "no account 'Ben'"),
            (
                run("remove-staff", "Ben", "--database", str(tmp_path / "notes.txt")),
                "cannot be used as the desk's database",
            ),
            (
                run("serve", *database, "--port", str(taken.getsockname()[1])),
                "Choose another with --port",
            ),
            (
                run("serve", *database, "--port", str(free_port()), "--zone", "Mars/Olympus"),
                "no time zone 'Mars/Olympus'",
            ),
        ):
            assert (answer.exit_code, answer.output.count("\n")) == (1, 1), answer.output
            assert words in answer.output


def test_the_secret_stays_the_same_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "desk-secret"
    assert len(load_or_make_secret(path)) == 64
    assert load_or_make_secret(path) == load_or_make_secret(path)
    assert path.stat().st_mode & 0o077 == 0


def test_behind_a_proxy_wrong_passwords_count_for_the_visitor_who_types_them(tmp_path):
    database, port = tmp_path / "desk.sqlite", free_port()
    run("add-staff", "Ana", "--database", str(database), "--password-stdin", typed="x" * 20 + "\n")

    def guess(visitor: str) -> int:
        form = b"name=Ana&password=guess"
        headers = {"X-Forwarded-For": visitor, "Origin": f"http://127.0.0.1:{port}"}
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/staff/sign-in", form, headers)
        try:
            return urllib.request.urlopen(asked, timeout=60).status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    with running(database, port, "--trusted-proxies", "1"):
        assert [guess("93.184.216.34") for _ in range(9)] == [403] * 8 + [429]
        assert guess("198.41.0.4") == 403
