"""The login that may read PostgreSQL's public views and nothing else: made, let in and tried.

`migrate` makes it where PORTAL_PUBLIC_DATABASE_URL names none, with a password derived from the
portal's key. Where the portal may not do so, it is enough that the login is already there.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from portal.errors import NotReady
from portal.settings import Settings
from portal.store.engines import public_engine, public_password, public_url
from portal.store.public_views import VIEWS
from portal.store.refusals import (
    CORE,
    PUBLIC,
    explain,
    login_of,
    quote_name,
    write_psql,
)

_OWN, _YOURS = "citizens_public", "PASSWORD"
"""What we propose to call a login of the operator's own, and where its password goes."""
_ANY_VIEW = "select 1 from public_data_versions limit 1"


def let_public_read(connection: Connection, settings: Settings) -> None:
    """Grant the views, which may be new, to the public login, and make it if none is set.

    Raises NotReady, which says what to run.
    """
    role = login_of(public_url(settings))
    _require_harmless(connection, settings, role)
    if not settings.public_database_url:
        _ensure_role(connection, settings, role)
    database = str(connection.engine.url.database)
    try:
        with connection.begin_nested():
            for statement in _list_grants(role, database):
                _execute(connection, statement)
    except DBAPIError as problem:
        if not _can_read(settings, _ANY_VIEW):
            raise NotReady(_explain_grants(problem, settings, role)) from problem
    _require_blind(connection, role)


def try_public_login(settings: Settings, core: Engine) -> None:
    """Raises NotReady, which says what to run, unless the public login reads this very store."""
    url, public = public_url(settings), public_engine(settings)
    setting = PUBLIC if settings.public_database_url else ""
    try:
        with public.connect() as connection:
            connection.exec_driver_sql(_ANY_VIEW)
            database = connection.exec_driver_sql("select current_database()").scalar_one()
    except DBAPIError as problem:
        refusal = explain(problem, url, setting) or problem.orig
        raise NotReady(f"the public login cannot read: {refusal}") from problem
    finally:
        public.dispose()
    if database != core.url.database:
        raise NotReady(
            f"{PUBLIC} names the database {database}, and {CORE} names {core.url.database};"
            " both must be the same"
        )


def _require_harmless(connection: Connection, settings: Settings, role: str) -> None:
    """Raise NotReady for a login that is the portal's own, or has rights that we cannot take."""
    if settings.public_database_url and role == _read_login(connection):
        raise NotReady(
            f"{PUBLIC} names the login of {CORE}, {role}, which reads everything;"
            " leave it empty, or name a login without any rights"
        )
    rights = connection.execute(_RIGHTS, {"role": role}).first()
    if rights and rights.rolsuper:
        way_out = write_psql(f"alter role {quote_name(role)} nosuperuser")
        raise NotReady(
            f"this PostgreSQL login may not make the role {role} harmless: it is a superuser;"
            f" {way_out}"
        )
    if rights and rights.groups and not settings.public_database_url:
        groups = ", ".join(map(quote_name, rights.groups))
        way_out = write_psql(f"revoke {groups} from {quote_name(role)}")
        raise NotReady(f"the public login {role} has the rights of {groups}; {way_out}")


_RIGHTS = text(
    "select rolsuper, array(select pg_get_userbyid(roleid)::text from pg_auth_members"
    " where member = pg_roles.oid) as groups from pg_roles where rolname = :role"
)


def _require_blind(connection: Connection, role: str) -> None:
    """Raise NotReady if the public login could still read the cases themselves."""
    query = text("select has_table_privilege(:role, 'public.cases', 'select')")
    if connection.execute(query, {"role": role}).scalar_one():
        raise NotReady(
            f"the public login {role} may read every table, hidden cases too: a group it is in, or"
            " PUBLIC, has that right; name a login without any rights"
        )


def _ensure_role(connection: Connection, settings: Settings, role: str) -> None:
    password = public_password(settings)
    change = _write_role_change(connection, role)
    hashed = _hash_password(connection, role, password)
    try:
        with connection.begin_nested():
            _execute(connection, f"{change} password '{hashed}'")
    except DBAPIError as problem:
        if not _can_read(settings, "select 1"):
            raise NotReady(_explain_no_role(connection, role, problem)) from problem


def _explain_no_role(connection: Connection, role: str, problem: DBAPIError) -> str:
    login = _read_login(connection)
    let = write_psql(f"alter role {quote_name(login)} createrole")
    url = connection.engine.url.set(username=_OWN, password=_YOURS, query={})
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return (
        f"this PostgreSQL login may not make the role {role} ({problem.orig}); let it: {let};"
        f" or make one yourself: sudo -u postgres createuser --pwprompt {_OWN}, and set"
        f" {PUBLIC}={address}"
    )


def _explain_grants(problem: DBAPIError, settings: Settings, role: str) -> str:
    url = public_url(settings)
    refusal = explain(problem, url, PUBLIC if settings.public_database_url else "")
    if refusal and "own the database" not in refusal.reason:
        return f"the login {role} cannot be let in: {refusal}"
    return (
        f"the login {role} cannot be let in: {problem.orig};"
        " run python -m portal migrate with the login that owns the database"
    )


def _can_read(settings: Settings, query: str) -> bool:
    """Whether the public login is there already, and may ask so."""
    public = public_engine(settings)
    try:
        with public.connect() as connection:
            connection.exec_driver_sql(query)
    except DBAPIError:
        return False
    finally:
        public.dispose()
    return True


def _write_role_change(connection: Connection, role: str) -> str:
    """The statement that makes the role, or takes away rights it should not have.

    The password comes after it.
    """
    found = connection.execute(_EXISTING_ROLE, {"role": role}).first()
    as_usual = "with login noinherit connection limit -1"
    if found is None:
        return f"create role {quote_name(role)} {as_usual} nosuperuser nocreatedb nocreaterole"
    # Only a superuser may say "nosuperuser" of an existing role, even if it changes nothing.
    rights = "nocreatedb nocreaterole" if found.has_too_many_rights else ""
    ends = "valid until 'infinity'" if found.is_ending else ""
    return f"alter role {quote_name(role)} {as_usual} {rights} {ends}"


_EXISTING_ROLE = text(
    "select rolcreatedb or rolcreaterole as has_too_many_rights,"
    " rolvaliduntil < 'infinity' as is_ending from pg_roles where rolname = :role"
)


def _hash_password(connection: Connection, role: str, password: str) -> str:
    """The password as PostgreSQL stores it: hashed here, so that no statement log shows it."""
    driver: Any = connection.connection.driver_connection
    hashed = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return hashed.decode()


def _list_grants(role: str, database: str) -> list[str]:
    views = ", ".join([*VIEWS, "public_case_search"])
    role, database = quote_name(role), quote_name(database)
    return [
        f"revoke all on database {database} from public",
        "revoke create on schema public from public",
        f"grant connect on database {database} to {role}",
        f"grant usage on schema public to {role}",
        f"revoke all on all tables in schema public from {role}",
        f"grant select on {views} to {role}",
    ]


def _read_login(connection: Connection) -> str:
    return connection.execute(text("select current_user::text")).scalar_one()


def _execute(connection: Connection, statement: str) -> None:
    """Carry out a statement as it stands: a name may have a % or a colon."""
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
