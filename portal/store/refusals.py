"""Why PostgreSQL does not let the portal in, or not do enough, and what its operator can run.

    explain(problem, url)   # Refusal("there is no database citizens at db", "sudo -u postgres …")

A connection that never came about has no error code, so it is told by the server's English words.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

CORE, PUBLIC = "PORTAL_DATABASE_URL", "PORTAL_PUBLIC_DATABASE_URL"
_POSTGRES = "sudo -u postgres"


@dataclass(frozen=True)
class Refusal:
    """Why a store can't be used, and what to do about it.

    `may_pass`: it may be over soon by itself, as while the server starts.
    """

    reason: str
    way_out: str
    may_pass: bool = False

    def __str__(self) -> str:
        return f"{self.reason}; {self.way_out}"


def explain(problem: Exception, url: URL, setting: str = CORE) -> Refusal | None:
    """The way out of what PostgreSQL said to the login of `url`; None if we know none.

    `setting` names the variable that has the login; it is empty for the public one that `migrate`
    makes.
    """
    if not isinstance(problem, DBAPIError) or url.get_backend_name() != "postgresql":
        return None
    said = str(problem.orig)
    for words, reason, way_out in _KNOWN:
        if re.search(words, said):
            names = _name(url, setting)
            may_pass = words in (_NO_ROOM, _NO_HOST, _NO_ANSWER)
            return Refusal(reason.format_map(names), way_out.format_map(names), may_pass)
    return None


def quote_name(name: str) -> str:
    """A role's or a database's name, as a statement has it."""
    return '"' + name.replace('"', '""') + '"'


def write_psql(statement: str, *options: str) -> str:
    """The command line that has a statement carried out by the server's superuser."""
    return " ".join([f"{_POSTGRES} psql", *options, "-c", shlex.quote(statement)])


def _name(url: URL, setting: str) -> dict[str, str]:
    login, database = str(url.username or "portal"), str(url.database or login_of(url))
    host = url.host or "this machine"
    return {
        "login": login,
        "database": database,
        "host": f"{host}:{url.port}" if url.port else host,
        "setting": setting or CORE,
        "create_role": f"{_POSTGRES} createuser --pwprompt {shlex.quote(login)}",
        "create_database": f"{_POSTGRES} createdb --owner {shlex.quote(login)}"
        f" {shlex.quote(database)}",
        "new_password": _write_new_password(login, setting),
        "own": write_psql(f"alter database {quote_name(database)} owner to {quote_name(login)}"),
        "let_login": write_psql(f"alter role {quote_name(login)} login connection limit -1"),
        "let_connect": write_psql(
            f"grant connect on database {quote_name(database)} to {quote_name(login)}"
        ),
        "make_schema": write_psql(
            f"create schema public authorization {quote_name(login)}",
            f"-d {shlex.quote(database)}",
        ),
    }


def _write_new_password(login: str, setting: str) -> str:
    if not setting:
        return "python -m portal migrate"
    return (
        f"set it in {_POSTGRES} psql with \\password {quote_name(login)}, and in {setting} too:"
        " docs/operations.md says how to write odd characters"
    )


def login_of(url: URL) -> str:
    """The login that a URL names; without one PostgreSQL takes the system's user."""
    return str(url.username or "")


_NO_ROOM = "too many clients|remaining connection slots"
_NO_HOST = "resolve host|translate host"
"""Inside a network of containers a host has no name before it has started."""
_NO_ANSWER = (
    "Connection refused|[Tt]imeout expired|No route to host|No such file|starting up|"
    "shutting down|closed the connection|is unreachable"
)
_KNOWN = (
    (
        "password authentication failed|no password supplied",
        "PostgreSQL at {host} has no login {login}, or another password for it",
        "{new_password}",
    ),
    (
        "(Peer|Ident) authentication failed",
        "PostgreSQL's Unix socket lets in only users of the system, and {login} is none",
        "name a host in {setting}: postgresql://…@127.0.0.1/{database}",
    ),
    (
        "no pg_hba.conf entry",
        "PostgreSQL at {host} lets the login {login} in from nowhere near here",
        "add to its pg_hba.conf, and reload it: host {database} {login} samenet scram-sha-256",
    ),
    (
        'database ".*" does not exist',
        "there is no database {database} at {host}",
        "{create_database}; or correct {setting}",
    ),
    (
        'role ".*" does not exist',
        "there is no login {login} at {host}",
        "{create_role}",
    ),
    (
        "is not permitted to log in|too many connections for (role|database)",
        "PostgreSQL at {host} does not let the login {login} in, or not so often",
        "{let_login}",
    ),
    (
        _NO_ROOM,
        "PostgreSQL at {host} has no connection left",
        "raise its max_connections, or lower PORTAL_WORKERS",
    ),
    (
        "permission denied for database|does not have CONNECT privilege",
        "the login {login} may not use the database {database}",
        "{let_connect}",
    ),
    (
        "permission denied for schema|must be owner of|permission denied for (table|sequence)",
        "the login {login} does not own the database {database} or its tables",
        "{own}; or use the login that made them",
    ),
    (
        "no schema has been selected to create in",
        "the database {database} has no schema “public”",
        "{make_schema}",
    ),
    (
        "read-only transaction",
        "the database {database} at {host} takes no writes",
        "name the primary server in {setting}, or turn default_transaction_read_only off",
    ),
    (
        _NO_HOST,
        "no host is called {host}",
        "correct {setting}",
    ),
    (
        _NO_ANSWER,
        "PostgreSQL at {host} does not answer",
        "start it, or correct {setting}",
    ),
)  # fmt: skip
