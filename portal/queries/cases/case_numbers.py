"""Which case a visitor means by a number, however it was typed: # 101-2, cs 0012345, …"""

from __future__ import annotations

import itertools
import re

from sqlalchemy import Connection, bindparam, text

from portal.domain import tracking_number
from portal.domain.characters import fold
from portal.domain.tracking import read_number

MAX_NUMBER = 64
MAX_SPELLINGS = 120
MAX_PARTS = 6
SHORTEST_RUN_TO_SPLIT = 7


def case_key(connection: Connection, city_id: str, typed: str) -> int | None:
    """The store's key of the public case with this number or work order; None: there is none.

    Spaces, dashes, # and capitals do not matter. Where several cases fit, it is the one spelled
    most like what was typed, then the newest.
    """
    spellings = list_spellings(typed)
    for query in (_BY_CASE_NUMBER, _BY_WORK_ORDER):
        rows = connection.execute(query, {"city": city_id, "spellings": spellings}).all()
        if rows:
            return min(rows, key=lambda row: (spellings.index(row.number), -row.id)).id
    return None


def newest_key(connection: Connection, city_id: str, number: str, if_none: int) -> int:
    """The store's key of the public case with exactly this number; `if_none` without one."""
    values = {"city": city_id, "number": exact_number(number)}
    return max(connection.execute(_KEYS, values).scalars(), default=if_none)


def exact_number(typed: str) -> str:
    """What was typed, as it may be asked of the store."""
    return typed.replace("\x00", "")[:MAX_NUMBER]


# Asked for the greatest at once, SQLite walks through the city from its end.
_KEYS = text("select id from public_cases where jurisdiction_id = :city and case_id = :number")
_BY_CASE_NUMBER, _BY_WORK_ORDER = (
    text(
        f"select id, {column} as number from public_cases"
        f" where jurisdiction_id = :city and {column} in :spellings"
    ).bindparams(bindparam("spellings", expanding=True))
    for column in ("case_id", "work_order_id")
)


def list_spellings(typed: str) -> list[str]:
    """How the store may have the number, likeliest first.

    As typed, then with and without a dash between its parts; last without words around it.
    """
    plain = fold(typed.replace("\x00", "")).strip().lstrip("#").strip()[:MAX_NUMBER]
    found = [*_spell(plain), *_spell(read_number(typed.replace("\x00", ""))[:MAX_NUMBER])]
    return list(dict.fromkeys(found))[:MAX_SPELLINGS]


def _spell(plain: str) -> list[str]:
    parts = re.findall(r"[^\W\d_]+|\d+", plain)
    ours = tracking_number.parse_tracking_number(plain)
    found = [plain, plain.upper(), plain.lower(), *([ours] if ours else [])]
    if len(parts) <= MAX_PARTS:
        for split in (parts, *_with_first_digits_apart(parts)):
            for joined in _with_and_without_dashes(split):
                found += [joined.upper(), joined.lower(), joined]
    return list(dict.fromkeys(found))


def _with_and_without_dashes(parts: list[str]) -> list[str]:
    if not parts:
        return []
    dashes = itertools.product(("", "-"), repeat=len(parts) - 1)
    return [
        "".join(part + dash for part, dash in zip(parts, (*between, ""), strict=True))
        for between in dashes
    ]


def _with_first_digits_apart(parts: list[str]) -> list[list[str]]:
    """Some cities write 311-12345678 or 20-123456: a long run of digits may have lost its dash.

    It is tried after the second, third and fourth digit.
    """
    is_long = [part.isdigit() and len(part) >= SHORTEST_RUN_TO_SPLIT for part in parts]
    if not any(is_long) or len(parts) > 2:
        return []
    position = is_long.index(True)
    digits = parts[position]
    return [[*parts[:position], digits[:n], digits[n:], *parts[position + 1 :]] for n in (2, 3, 4)]
