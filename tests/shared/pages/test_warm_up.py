"""A web process before its first visitor: the first pages were made already.

A store that does not answer delays no one for long.
"""

from __future__ import annotations

import gc
import threading
from time import monotonic

import pytest
from flask import Flask, request

from callbacks.shared.warm_up import FIRST_PAGES, warm_up


@pytest.fixture(autouse=True)
def _thawed():
    """Give back to the garbage collector what was frozen, while these tests run."""
    gc.unfreeze()
    yield
    for warming in [thread for thread in threading.enumerate() if thread.name == "warm-up"]:
        warming.join()
    gc.unfreeze()
    gc.freeze()


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def server(asked) -> Flask:
    """Notes what it is asked for."""
    server = Flask(__name__)
    for address in FIRST_PAGES:
        server.add_url_rule(
            address, endpoint=address, view_func=lambda: asked.append(request.path) or ""
        )
    return server


def test_the_first_pages_are_asked_for_and_what_lives_then_is_left_alone(server, portal, asked):
    warm_up(server, portal)
    assert asked == list(FIRST_PAGES)
    assert gc.get_freeze_count() > 0


def test_a_page_that_fails_leaves_the_others_warm(server, portal, asked):
    def fail() -> str:
        raise RuntimeError("no store")

    server.view_functions["/"] = fail
    warm_up(server, portal)
    assert asked == [*FIRST_PAGES[1:]]


def test_a_page_that_does_not_come_keeps_the_first_visitor_waiting_for_its_time_alone(
    server, portal, asked
):
    never = threading.Event()
    server.view_functions["/"] = lambda: str(never.wait(300))
    began = monotonic()
    warm_up(server, portal, seconds=0.2)
    assert 0.2 <= monotonic() - began < 60
    assert asked == []
    never.set()
