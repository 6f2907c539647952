"""A second process that reads and checks a file's next page while this one stores the last.

On two cores an import takes half the time. The child is a fork, so it needs nothing but memory, and
it never touches the store. It keeps at most one page that was not asked for yet, ends with the
iteration, and dies by itself when this process is killed.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from data_sync.pull.gc_pause import collect_between_pages
from portal.errors import SourceError

Item = TypeVar("Item")
ITEM, FAULT, END = "item", "fault", "end"


def read_ahead(make: Callable[[], Iterator[Item]]) -> Iterator[Item]:
    """The items of `make()`, made in a child process.

    An exception in the child is raised here, after the items before it. Raises SourceError if the
    child is killed.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        yield from make()
        return
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_send_all, args=(make, here, there), daemon=True)
    child.start()
    there.close()
    try:
        yield from _receive_all(here)
    finally:
        here.close()
        child.terminate()
        child.join()


def _receive_all(pipe: Connection) -> Iterator[Any]:
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
    # Ctrl-C reaches both processes; only the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parents_end.close()
    try:
        for item in collect_between_pages(make()):
            pipe.send((ITEM, item))
        pipe.send((END, None))
    except BrokenPipeError:
        return
    except Exception as problem:
        pipe.send((FAULT, problem))
