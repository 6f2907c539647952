"""A web process before its first visitor: what the first pages would have to wait for is done.

What is then in memory stays there, and the garbage collector leaves it alone.
"""

from __future__ import annotations

import gc
import threading
import time
import weakref
from functools import partial

from flask import Flask

from portal import logs
from portal.context import Portal
from portal.errors import NotReady
from portal.queries.cases.search_box import renew_streets
from portal.store.absence import find_absence, wait_for_store
from portal.store.unwritable import SENTENCES, find_cause

log = logs.get_logger(__name__)

FIRST_PAGES = ("/", "/cases", "/report")
MOST_SECONDS = 5.0
"""How long the first visitor waits at most. Pages come at once if the store is slow or away, and
say so."""
STREETS_SECONDS = 300


def warm_up(server: Flask, portal: Portal, seconds: float = MOST_SECONDS) -> None:
    """Make a process ready and keep its streets fresh; returns once ready, or after `seconds`.

    Where the store is away it returns at once, and the process gets ready when the store is back.
    """
    is_over = threading.Event()
    threading.Thread(
        target=_warm_when_possible, args=(server, portal, is_over), name="warm-up", daemon=True
    ).start()
    is_over.wait(seconds)
    threading.Thread(
        target=_keep_streets_fresh, args=(weakref.ref(portal),), name="streets", daemon=True
    ).start()


def _warm_when_possible(server: Flask, portal: Portal, is_over: threading.Event) -> None:
    def pause(seconds: float) -> None:
        is_over.set()
        time.sleep(seconds)

    try:
        wait_for_store(partial(_find_absence, portal), pause, partial(logs.log_sentence, log))
        _warm(server, portal)
    finally:
        is_over.set()


def _find_absence(portal: Portal) -> str | None:
    """Why the store does not let us in; the operator may mend that while we run."""
    try:
        return find_absence(portal.core)
    except NotReady as problem:
        return str(problem)


def _warm(server: Flask, portal: Portal) -> None:
    _renew_streets(portal)
    _get_first_pages(server)
    # All of this lives until the process ends. Each time the collector looked through it, some
    # visitor waited 0.1 s.
    gc.collect()
    gc.freeze()


def _get_first_pages(server: Flask) -> None:
    """Import what is imported on first use, fill caches, connect. A page that fails logs it."""
    visitor = server.test_client()
    for address in FIRST_PAGES:
        visitor.get(address)


def _keep_streets_fresh(portal_ref: weakref.ref[Portal]) -> None:
    """Renew the search box's streets every five minutes.

    So a street without cases, or a house number that became private, is gone after that time.
    The portal is let go while we sleep, so that it can close its connections.
    """
    while True:
        time.sleep(STREETS_SECONDS)
        portal = portal_ref()
        if portal is None:
            return
        _renew_streets(portal)
        del portal


def _renew_streets(portal: Portal) -> None:
    try:
        renew_streets(portal)
    except NotReady as problem:
        log.warning("streets not renewed", reason=str(problem))
    except Exception as problem:
        if cause := find_cause(problem):
            log.warning("streets not renewed", reason=SENTENCES[cause])
        else:
            log.exception("streets not renewed")
