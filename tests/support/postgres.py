"""A PostgreSQL of the tests' own, in a temporary folder on a free port of 127.0.0.1.

It asks everyone for a password (scram-sha-256), as one that a city installs does. Tests and the
application sign in as `portal`, an ordinary role that may make other roles, as docs/operations.md
says to make it. Only the methods of `Cluster` are a superuser.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.sql import SQL, Identifier

SUPERUSER, ROLE = "tests_superuser", "portal"
PASSWORD = "p@ss/w:rd 100%#2?"  # noqa: S105 - of a server that lives as long as the tests
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

_DESCRIBED = """
    select pg_authid, array(select roleid from pg_auth_members where member = pg_authid.oid),
      array(select setconfig from pg_db_role_setting where setrole = pg_authid.oid)
    from pg_authid where rolname = %s
"""


def binary(name: str) -> str:
    """The path of a PostgreSQL program. Raises FileNotFoundError that says how to install it."""
    for folder in BINARIES:
        if (folder / name).exists():
            return str(folder / name)
    if found := shutil.which(name):
        return found
    raise FileNotFoundError(
        f"{name} is missing: `make test` installs PostgreSQL where it may;"
        " otherwise install your system's postgresql package"
    )


class Cluster:
    """A running PostgreSQL; `url(database)` is an address for the ordinary role that owns it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portal-postgres-"))
        self.port = _free_port()
        self._user = _unprivileged_user()
        self._drops = ThreadPoolExecutor(1, "drops")
        self._swept_by: psycopg.Connection | None = None
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        password_file = self.folder / "password"
        password_file.write_text(PASSWORD)
        options = f"-U {SUPERUSER} -A scram-sha-256 -E UTF8 --locale=C.UTF-8 --no-sync".split()
        self._run(binary("initdb"), "-D", self.data, *options, f"--pwfile={password_file}")
        self.start()
        self.make_role(ROLE, "createrole")

    @property
    def data(self) -> str:
        """The folder of the server's files."""
        return str(self.folder / "data")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = (*SETTINGS, f"port={self.port}", "listen_addresses=127.0.0.1")
        options = " ".join(f"-c {setting}" for setting in settings)
        log = str(self.folder / "log")
        self._run(binary("pg_ctl"), "-D", self.data, "-w", "-l", log, "-o", options, "start")

    def make_role(self, name: str, rights: str = "") -> None:
        """A role that signs in with PASSWORD; `rights` are those of `create role`."""
        made = SQL("create role {} login password {}").format(Identifier(name), PASSWORD)
        self.execute(made.as_string() + f" {rights}")

    def url(self, database: str, role: str = ROLE) -> str:
        """An address as an operator writes it, with what a URL can't hold percent-encoded."""
        login, name = (quote(part, safe="") for part in (role, database))
        password = quote(PASSWORD, safe="")
        return f"postgresql://{login}:{password}@127.0.0.1:{self.port}/{name}"

    def make_database(
        self, name: str, template: str = "template1", owner: str = ROLE, options: str = ""
    ) -> None:
        """An empty database, or a copy of one without connections, owned by the ordinary role."""
        made = SQL("create database {} template {} owner {} strategy file_copy")
        words = made.format(*map(Identifier, (name, template, owner)))
        self.execute(f"{words.as_string()} {options}")

    def drop_database(self, name: str) -> None:
        """Drop a database and its public role in the background, even if it is still in use.

        Dropping waits for a checkpoint, which the next test need not.
        """
        self.do_later(lambda: self._drop_with_its_role(name))

    def _drop_with_its_role(self, name: str) -> None:
        self.drop_now(name)
        self.drop_public_role(name)

    def do_later(self, work: Callable[[], None]) -> None:
        """Do it in the background, one after another."""
        self._drops.submit(work)

    def drop_now(self, name: str) -> None:
        """Drop a database, even if it is still in use. Only for `do_later`, like the next two."""
        statement = SQL("drop database if exists {} with (force)").format(Identifier(name))
        self._sweeper.execute(statement)

    def drop_public_role(self, name: str) -> None:
        """Drop the public role of a database that there is no more."""
        role = Identifier(f"portal_public_{name}")
        self._sweeper.execute(SQL("drop role if exists {}").format(role))

    def describe_public_role(self, name: str) -> str:
        """Rights, password, groups and settings of a database's public role."""
        rows = self._sweeper.execute(_DESCRIBED, (f"portal_public_{name}",))
        return str(rows.fetchone())

    @property
    def _sweeper(self) -> psycopg.Connection:
        """The background's own connection; a new one where the server hung up on the last."""
        if self._swept_by is None or self._swept_by.closed:
            self._swept_by = self._connect()
        return self._swept_by

    def drop_role(self, name: str) -> None:
        """Drop a role in the background, after the databases that it owned."""
        self._drops.submit(self.execute, f"drop role {name}")

    def execute(self, statement: str) -> None:
        """Carry out a statement as the superuser."""
        self._superuser.execute(statement.encode())

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
        return self._connect()

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=PASSWORD,
            dbname="postgres",
            autocommit=True,
        )

    def halt(self) -> None:
        """Stop the server as a machine that goes down does; `start` starts it again."""
        self._drops.submit(lambda: None).result()
        self._hang_up()
        del self._superuser
        self._run(binary("pg_ctl"), "-D", self.data, "-m", "fast", "stop")

    def copy_database(self, url: str, new_url: str) -> None:
        """pg_dump and pg_restore, as docs/operations.md says to."""
        dump = str(self.folder / "citizens.dump")
        self._run(binary("pg_dump"), "--format=custom", f"--file={dump}", url)
        without = ("--no-owner", "--no-privileges", "--exit-on-error")
        self._run(binary("pg_restore"), *without, f"--dbname={new_url}", dump)

    def stop(self) -> None:
        self._drops.shutdown(cancel_futures=True)
        self._hang_up()
        self._run(binary("pg_ctl"), "-D", self.data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _hang_up(self) -> None:
        self._superuser.close()
        if self._swept_by:
            self._swept_by.close()

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
