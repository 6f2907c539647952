"""A web process before its first visitor: what the first pages would wait for is done, and is left alone by the garbage collector."""

from __future__ import annotations

import gc
import logging
import threading
import time
import weakref

from flask import Flask

from portal.context import Portal
from portal.errors import NotReady
from portal.queries.cases.search_box import renew_streets

log = logging.getLogger(__name__)

FIRST_PAGES = ("/", "/cases", "/report")
MOST_SECONDS = 5.0
"""How long the first visitor may wait for all this; where the store is slow or away, pages come at once and say so."""
STREETS_SECONDS = 300


def warm_up(server: Flask, portal: Portal, seconds: float = MOST_SECONDS) -> None:
    """Make a process ready, and keep its streets fresh; returns when it is ready, or after so many seconds."""
    warming = threading.Thread(target=_warm, args=(server, portal), name="warm-up", daemon=True)
    warming.start()
    warming.join(seconds)
    threading.Thread(
        target=_keep_streets_fresh, args=(weakref.ref(portal),), name="streets", daemon=True
    ).start()


def _warm(server: Flask, portal: Portal) -> None:
    _renew(portal)
    _ask_first_pages(server)
    # What lives now lives until the process ends: looked through again and again, it makes a visitor in many wait 0.1 s.
    gc.collect()
    gc.freeze()


def _ask_first_pages(server: Flask) -> None:
    """Modules that are imported when first used, templates, translations, connections; an answer that fails says so by itself."""
    visitor = server.test_client()
    for address in FIRST_PAGES:
        visitor.get(address)


def _keep_streets_fresh(held: weakref.ref[Portal]) -> None:
    """A street that nobody names any more, or a house number that became private, stays in the search box for these minutes at most.

    The portal is let go while we sleep, so that a process that ends can put its connections away.
    """
    while True:
        time.sleep(STREETS_SECONDS)
        portal = held()
        if portal is None:
            return
        _renew(portal)
        del portal


def _renew(portal: Portal) -> None:
    try:
        renew_streets(portal)
    except NotReady as problem:
        log.warning("the streets could not be renewed, those known before serve: %s", problem)
    except Exception:
        log.exception("the streets could not be renewed; those known before serve")
