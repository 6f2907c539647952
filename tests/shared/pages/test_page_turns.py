"""Pages are made one at a time in a process, and none waits long for another."""

from __future__ import annotations

import threading
import time
from dataclasses import fields

import pytest
from dash import html

from callbacks.shared import pages
from callbacks.shared.pages import Pages
from layouts.shared.document import Frame, Page

WAIT_SECONDS = 20


class Maker:
    """A page that says when it is being made, and waits until it may be ready."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.made = threading.Semaphore(0), threading.Event(), 0

    def __call__(self, _portal, _visit) -> Page:
        self.made += 1
        self.begun.release()
        assert self.may_end.wait(WAIT_SECONDS)
        if self.made == 1 and self.fails:
            raise RuntimeError("the first one fails")
        return Page("A page", "", html.P("Here it is."))

    fails = False


@pytest.fixture
def slow():
    return Maker()


@pytest.fixture
def ask(app, portal, slow, standing_clock):
    """ask("/slow") asks in its own thread; answers come in `ask.answers`. /quick is at once."""
    made = Pages(portal, Frame(**{field.name: "" for field in fields(Frame)}), standing_clock)
    made.add(app.server, "/slow", slow)
    made.add(app.server, "/quick", lambda _portal, _visit: Page("Quick", "", html.P("At once.")))
    answers: list[int] = []

    def start(path: str) -> threading.Thread:
        thread = threading.Thread(
            target=lambda: answers.append(app.server.test_client().get(path).status_code)
        )
        thread.start()
        return thread

    start.answers = answers
    return start


@pytest.fixture
def standing_clock():
    now = time.time()
    return lambda: now


def test_a_page_that_two_ask_for_at_once_is_made_once(ask, slow, monkeypatch):
    monkeypatch.setattr(pages, "TURN_SECONDS", WAIT_SECONDS)
    first = ask("/slow")
    assert slow.begun.acquire(timeout=WAIT_SECONDS)
    second = ask("/slow")
    slow.may_end.set()
    first.join()
    second.join()
    assert (ask.answers, slow.made) == ([200, 200], 1)


def test_a_page_that_takes_long_does_not_hold_up_another(ask, slow):
    first = ask("/slow")
    assert slow.begun.acquire(timeout=WAIT_SECONDS)
    ask("/quick").join(WAIT_SECONDS)
    assert ask.answers == [200]
    slow.may_end.set()
    first.join()
    assert ask.answers == [200, 200]


def test_a_page_that_fails_gives_its_turn_to_the_next(ask, slow, monkeypatch):
    monkeypatch.setattr(pages, "TURN_SECONDS", WAIT_SECONDS)
    slow.fails = True
    slow.may_end.set()
    ask("/slow").join()
    begun = time.monotonic()
    ask("/quick").join()
    assert ask.answers == [500, 200]
    assert time.monotonic() - begun < WAIT_SECONDS / 2
