"""A PostgreSQL of the tests' own, in a temporary folder on a free port of 127.0.0.1.

Tests and the application sign in as `portal`, an ordinary role that may make other roles, as
docs/operations.md says to make it. Only the methods of `Cluster` are a superuser.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

SUPERUSER, ROLE = "tests_superuser", "portal"
BINARIES = sorted(
    Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True
)
SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=128MB",
    "max_connections=60",
    "unix_socket_directories=",
)


def binary(name: str) -> str:
    """The path of a PostgreSQL program. Raises FileNotFoundError that says how to install it."""
    for folder in BINARIES:
        if (folder / name).exists():
            return str(folder / name)
    if found := shutil.which(name):
        return found
    raise FileNotFoundError(
        f"{name} is not here: `make test` installs PostgreSQL where it may, else install your system's postgresql package"
    )


class Cluster:
    """A running PostgreSQL; `url(database)` is an address for the ordinary role that owns it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portal-postgres-"))
        self.port = _free_port()
        self._user = _unprivileged_user()
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        data = str(self.folder / "data")
        self._run(
            binary("initdb"),
            "-D",
            data,
            "-U",
            SUPERUSER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        options = " ".join(
            f"-c {setting}"
            for setting in (*SETTINGS, f"port={self.port}", "listen_addresses=127.0.0.1")
        )
        self._run(
            binary("pg_ctl"),
            "-D",
            data,
            "-w",
            "-l",
            str(self.folder / "log"),
            "-o",
            options,
            "start",
        )
        self._superuser.execute(SQL("create role {} login createrole").format(Identifier(ROLE)))

    def url(self, database: str) -> str:
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{database}"

    def make_database(self, name: str, template: str = "template1") -> None:
        """An empty database, or a copy of one without connections, owned by the ordinary role."""
        made = SQL("create database {} template {} owner {} strategy file_copy")
        self._superuser.execute(made.format(*map(Identifier, (name, template, ROLE))))

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected to it, and the role that read its public views."""
        self._superuser.execute(
            SQL("drop database if exists {} with (force)").format(Identifier(name))
        )
        self._superuser.execute(
            SQL("drop role if exists {}").format(Identifier(f"portal_public_{name}"))
        )

    def disable_login(self, role: str) -> None:
        """Let a role sign in no more."""
        self._superuser.execute(SQL("alter role {} nologin").format(Identifier(role)))

    def make_superuser(self, role: str) -> None:
        """Let a role do everything."""
        self._superuser.execute(SQL("alter role {} superuser").format(Identifier(role)))

    def public_passwords(self) -> list[str]:
        """The public roles' passwords as stored, which only a superuser may read."""
        rows = self._superuser.execute(
            "select rolpassword from pg_authid where rolname like 'portal_public_%'"
        )
        return [password for (password,) in rows]

    def hang_up_on_the_public(self, database: str) -> None:
        """End the public role's connections to a database, as a server does that starts again."""
        of_the_public = "usename = %s and datname = %s"
        query = (
            f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where {of_the_public}"
        )
        self._superuser.execute(query, (f"portal_public_{database}", database))

    @cached_property
    def _superuser(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=SUPERUSER, dbname="postgres", autocommit=True
        )

    def stop(self) -> None:
        self._superuser.close()
        self._run(binary("pg_ctl"), "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd="/",
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name}: {done.stderr or done.stdout}")


def _unprivileged_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; then it runs as its own system user."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]
