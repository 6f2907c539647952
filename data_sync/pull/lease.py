"""The lease of a city's sync, and of its other long jobs: one at a time, on all machines.

with SyncLease(portal.core, "boston", now) as lease:
    lease.renew()  # once a page
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import TracebackType

from sqlalchemy import Engine, delete, select

from data_sync.process_name import has_process_ended, this_process_name
from portal.errors import Conflict
from portal.store import leases
from portal.store.engines import write
from portal.store.models import Lease

NAME = "sync"
SECONDS = 300
"""A page takes seconds; a machine that vanished is waited for this long."""


class SyncLease:
    """A lease for a `with` block; another job of the city has another `name`.

    Entering raises Conflict that says who runs the job and until when. The lease of a process that
    has ended is taken over at once.
    """

    def __init__(
        self, engine: Engine, city_id: str, now: Callable[[], datetime], name: str = NAME
    ) -> None:
        self._engine = engine
        self._city_id = city_id
        self._now = now
        self._name = name
        self._token = ""

    def __enter__(self) -> SyncLease:
        try:
            self._token = self._acquire()
        except Conflict:
            if not self._drop_if_holder_has_ended():
                raise
            self._token = self._acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        try:
            leases.release(self._engine, self._city_id, self._name, self._token)
        except Exception:
            # On a full disk not even this can be written. The lease runs out by itself, and the
            # first error is the one to tell.
            if kind is None:
                raise

    def renew(self) -> None:
        """Keep the lease for another page. Raises Conflict if another process has taken over."""
        leases.renew(self._engine, self._city_id, self._name, self._token, SECONDS, self._now())

    def _acquire(self) -> str:
        return leases.acquire(
            self._engine, self._city_id, self._name, this_process_name(), SECONDS, self._now()
        )

    def _drop_if_holder_has_ended(self) -> bool:
        key = Lease.jurisdiction_id == self._city_id, Lease.name == self._name
        with write(self._engine) as connection:
            held = connection.execute(select(Lease.holder, Lease.token).where(*key)).first()
            if held is None:
                return True
            if not has_process_ended(held.holder):
                return False
            connection.execute(delete(Lease).where(*key, Lease.token == held.token))
            return True
