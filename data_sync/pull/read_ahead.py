"""Reading ahead: a second process reads and checks the next page of a file while this one stores the last. Half the time on two cores.

The child is a fork of this process, so it needs nothing but memory; it never touches the store. It holds at most one page that nobody has
asked for yet, ends with the iteration, and dies by itself when this process is killed.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from data_sync.pull.gc_pause import at_page_ends
from portal.errors import SourceError

Item = TypeVar("Item")
ITEM, FAULT, END = "item", "fault", "end"


def read_ahead(make: Callable[[], Iterator[Item]]) -> Iterator[Item]:
    """The items of `make()`, made in a child process. An exception there is raised here, after the items before it."""
    if "fork" not in multiprocessing.get_all_start_methods():
        yield from make()
        return
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_send_all, args=(make, here, there), daemon=True)
    child.start()
    there.close()
    try:
        yield from _received(here)
    finally:
        here.close()
        child.terminate()
        child.join()


def _received(pipe: Connection) -> Iterator[Any]:
    while True:
        try:
            kind, content = pipe.recv()
        except EOFError:
            raise SourceError(
                "the process that read the file was ended from outside, perhaps for want of memory",
                reason="ended",
            ) from None
        if kind == FAULT:
            raise content
        if kind == END:
            return
        yield content


def _send_all(
    make: Callable[[], Iterator[Item]], parents_end: Connection, pipe: Connection
) -> None:
    # Ctrl-C reaches both of us; only the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parents_end.close()
    try:
        for item in at_page_ends(make()):
            pipe.send((ITEM, item))
        pipe.send((END, None))
    except BrokenPipeError:
        return
    except Exception as problem:
        pipe.send((FAULT, problem))
