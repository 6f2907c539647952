"""A few threads for work that waits, asked from an event loop.

    threads = Threads(4)
    answer = await threads.run(make_page, request)

As concurrent.futures does it, but for this one case: answers from the kept pages take 0.1 ms, and
its bookkeeping took as long again.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any


class Threads:
    """So many threads, which take what is asked of them in turn."""

    def __init__(self, count: int) -> None:
        self._asked: SimpleQueue[tuple[Any, ...]] = SimpleQueue()
        self._count = count
        self.running = 0
        """How many works are being done, or wait for a thread."""
        for _ in range(count):
            threading.Thread(target=self._work, name="page", daemon=True).start()

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """`work(*arguments)` in one of the threads. Raises what it raises."""
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        self.running += 1
        try:
            self._asked.put((loop, answer, work, arguments))
            return await answer
        finally:
            self.running -= 1

    def close(self) -> None:
        """Let the threads end when they have done what was asked before."""
        for _ in range(self._count):
            self._asked.put(())

    def _work(self) -> None:
        while asked := self._asked.get():
            loop, answer, work, arguments = asked
            try:
                result, problem = work(*arguments), None
            except BaseException as raised:
                result, problem = None, raised
            with suppress(RuntimeError):  # a loop that has ended: nobody waits for the answer
                loop.call_soon_threadsafe(_settle, answer, result, problem)


def _settle(answer: asyncio.Future[Any], result: Any, problem: BaseException | None) -> None:
    if answer.cancelled():
        return
    if problem is None:
        answer.set_result(result)
    else:
        answer.set_exception(problem)
