"""What goes wrong in a command is one sentence for the person who called it.

with plain_errors():
    sync_city(…)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from portal.errors import PortalError


@contextmanager
def plain_errors(last_line: str = "") -> Iterator[None]:
    """Turn a refusal into one sentence on stderr and exit 1, never a traceback.

    `last_line` goes to stdout then: the line that a program waits for.
    """
    from sqlalchemy.exc import DBAPIError

    try:
        yield
        return
    except PortalError as problem:
        click.echo(str(problem), err=True)
    except (DBAPIError, OSError) as problem:
        words = " ".join(str(getattr(problem, "orig", None) or problem).split())
        click.echo(f"the store cannot be used: {words}", err=True)
    if last_line:
        click.echo(last_line)
    sys.exit(1)
