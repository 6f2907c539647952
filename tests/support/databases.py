"""PostgreSQL databases for tests: migrated, with a public login that may read, in 30 ms.

Migrating one and making its login takes twice as long as copying one that has both. So names come
back: each has a template, which a test's database is a copy of, and a login, which outlives it.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from portal import migrations
from portal.settings import Settings
from portal.store.engines import core_engine
from tests.support.postgres import Cluster

KEY = "test"
FEWEST_NAMES = 4
"""A name comes back when so many others were lent, and its last database is long gone."""
_numbers = itertools.count(1)
_lent: set[str] = set()


@dataclass(frozen=True)
class Name:
    """A database's name, and its public login as it was when it was made."""

    name: str
    login: str

    @property
    def template(self) -> str:
        """The database that those of this name are copies of."""
        return f"template_{self.name}"


def is_ready(settings: Settings) -> bool:
    """Whether the settings' database is lent, and its own public login fits them."""
    own = settings.secret_key == KEY and not settings.public_database_url
    return own and settings.database_url in _lent


@contextmanager
def lend_database(cluster: Cluster) -> Iterator[str]:
    """The address of a fresh migrated database, as long as it is needed."""
    lender = _lender_of(cluster)
    name = lender.take_name()
    url = cluster.url(name.name)
    cluster.make_database(name.name, name.template)
    cluster.execute(_let_in(name.name))
    _lent.add(url)
    yield url
    _lent.discard(url)
    cluster.do_later(lambda: lender.take_back(name))


@cache
def _lender_of(cluster: Cluster) -> _Lender:
    return _Lender(cluster)


def _let_in(name: str) -> str:
    """What a template doesn't hand on to its copies: who may connect to them."""
    grant = f"grant connect on database {name} to portal_public_{name}"
    return f"revoke all on database {name} from public; {grant}"


class _Lender:
    """Has the names that are free."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._free: deque[Name] = deque()
        cluster.make_database("template_portal")
        _migrate(Settings(database_url=cluster.url("template_portal"), secret_key=KEY))

    def take_name(self) -> Name:
        """The name that has been free for longest, or a new one."""
        if len(self._free) >= FEWEST_NAMES:
            return self._free.popleft()
        name = f"t{os.getpid()}_{next(_numbers)}"
        self._cluster.make_database(name, "template_portal")
        with tempfile.TemporaryDirectory() as folder:
            url = self._cluster.url(name)
            settings = Settings(data_dir=Path(folder), database_url=url, secret_key=KEY)
            _migrate(settings, settings)
        made = Name(name, self._cluster.describe_public_role(name))
        self._cluster.execute(f"alter database {name} rename to {made.template}")
        return made

    def take_back(self, name: Name) -> None:
        """Drop the database. The name is free again, unless the test changed its login."""
        self._cluster.drop_now(name.name)
        if self._cluster.describe_public_role(name.name) == name.login:
            self._free.append(name)
        else:
            self._cluster.drop_now(name.template)
            self._cluster.drop_public_role(name.name)


def _migrate(settings: Settings, public: Settings | None = None) -> None:
    engine = core_engine(settings)
    migrations.upgrade(engine, public)
    engine.dispose()
