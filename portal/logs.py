"""Structured logs: one line for each event, its facts under names.

    log = logs.get_logger(__name__)
    log.info("sync", city="boston", seconds=4.2, outcome="ok")

On a terminal the line reads `18:40:11 info sync city=boston outcome=ok seconds=4.2`; anywhere
else it is one JSON object. Logs from libraries (`logging`) come out the same way.

No line carries an e-mail address, a street address, an IP address or anything a resident wrote:
only the names in `NAMES` pass, and what could quote a person is redacted as published texts are.
"""

from __future__ import annotations

import io
import logging
import re
import secrets
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.contextvars import merge_contextvars
from structlog.typing import Processor

from portal.domain.redaction import hide_places, redact

NAMES = frozenset(
    {
        # structlog's own
        "event", "level", "timestamp", "logger",
        # what it is about
        "request", "city", "source", "system", "job", "method", "route", "status", "process",
        # how it went
        "outcome", "seconds", "reason", "error", "where", "attempts",
        # how much
        "read", "new", "changed", "unchanged", "quarantined", "messages", "version",
    }
)  # fmt: skip
"""Every name a line may have. Others are dropped, so that nobody logs a note by mistake."""
OURS = ("app", "portal", "layouts", "callbacks", "data_sync")
"""Whose lines are written from the level that is set; others' from warnings upward."""
QUOTING = ("event", "error", "reason")
"""Names whose texts may quote what a person or another system said."""
MAX_TEXT = 500
"""Letters of a text that are kept."""
MAX_FRAMES = 12
_FRAME = re.compile(r'File "(.+?)", line (\d+), in (\S+)')
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is mistaken for another when read aloud
_IP_ADDRESS = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]\w)"
    # Eight groups, or fewer with "::": 10:04:22 is a time.
    r"|(?<![\w:])(?=[0-9a-f:]*::|(?:[0-9a-f]{1,4}:){7})(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?!\w)",
    re.IGNORECASE,
)


def get_logger(name: str) -> Any:
    """A logger to call with an event and its facts by name."""
    return structlog.stdlib.get_logger(name)


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Send this process's logs to `stream` (standard error by default), from `level` upward."""
    stream = stream or sys.__stderr__ or io.StringIO()  # a process may have no standard error
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_make_formatter(is_terminal=stream.isatty()))
    root = logging.getLogger()
    root.handlers = [handler]
    # Libraries log what they ask for, such as the address a visitor looks up: only their warnings.
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())


def _make_formatter(*, is_terminal: bool) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            explain_exception,
            keep_known_names,
            _render_line if is_terminal else structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=_shared_processors(),
    )


def _shared_processors() -> list[Processor]:
    return [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def log_sentence(log: Any, text: str) -> None:
    """Log sentences for people, a line each; a traceback becomes `error` and `where`."""
    sentence, _, below = text.strip().partition("\n")
    if "Traceback" not in below:
        for line in text.strip().splitlines():
            log.warning(line)
        return
    places = [f"{_short(path)}:{line} {name}" for path, line, name in _FRAME.findall(below)]
    log.error(sentence, error=redact_text(below.splitlines()[-1]), where=places[-MAX_FRAMES:])


def new_request_id() -> str:
    """Eight letters and digits, in two groups, that a visitor can read out: K7QM-2XPD."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def explain_exception(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """An exception as two names: `error` is its type and message, `where` its lines of code."""
    problem = event.pop("exc_info", None)
    if problem is True:
        problem = sys.exc_info()
    if isinstance(problem, tuple):
        problem = problem[1]
    if isinstance(problem, BaseException):
        event["error"] = f"{type(problem).__name__}: {message_of(problem)}"
        event["where"] = list(_places_of(problem))
    return event


def message_of(problem: BaseException) -> str:
    """What an exception says. A database's error without the values: they may be a resident's."""
    original = getattr(problem, "orig", None)
    said = str(original or problem).strip()
    return said.splitlines()[0] if said else ""


def _places_of(problem: BaseException) -> Iterator[str]:
    """`file:line function`, innermost last; folders are left out, they are this machine's."""
    for frame in traceback.extract_tb(problem.__traceback__)[-MAX_FRAMES:]:
        yield f"{_short(frame.filename)}:{frame.lineno} {frame.name}"


def _short(path: str) -> str:
    return "/".join(path.split("/")[-2:])


def keep_known_names(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The event with the names of `NAMES` alone; texts that may quote a person are redacted."""
    return {
        name: redact_text(str(value)) if name in QUOTING else value
        for name, value in event.items()
        if name in NAMES
    }


def redact_text(text: str) -> str:
    """One line without what identifies a person: e-mail, street and IP addresses, phones, …"""
    line = " ".join(text.split())[:MAX_TEXT]
    line = hide_places(redact(line)[0])[0]
    return _IP_ADDRESS.sub("[address hidden]", line)


def _render_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    time = str(event.pop("timestamp", ""))[11:19]
    level = event.pop("level", "info")
    what = event.pop("event", "")
    event.pop("logger", None)
    where = event.pop("where", [])
    facts = " ".join(f"{name}={_quote(value)}" for name, value in sorted(event.items()))
    line = f"{time} {level} {what} {facts}".rstrip()
    return "\n".join([line, *(f"    {place}" for place in where)])


def _quote(value: Any) -> str:
    text = str(value)
    return f'"{text}"' if " " in text else text


structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_shared_processors(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=False,
)
