"""A web process before its first visitor: what the first pages would have to wait for is done.

What is then in memory stays there, and the garbage collector leaves it alone.
"""

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
"""How long the first visitor waits at most. Pages come at once if the store is slow or away, and
say so."""
STREETS_SECONDS = 300


def warm_up(server: Flask, portal: Portal, seconds: float = MOST_SECONDS) -> None:
    """Make a process ready and keep its streets fresh; returns once ready, or after `seconds`."""
    warming = threading.Thread(target=_warm, args=(server, portal), name="warm-up", daemon=True)
    warming.start()
    warming.join(seconds)
    threading.Thread(
        target=_keep_streets_fresh, args=(weakref.ref(portal),), name="streets", daemon=True
    ).start()


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
        log.warning("could not renew the streets, so the search box has the old ones: %s", problem)
    except Exception:
        log.exception("could not renew the streets, so the search box has the old ones")
