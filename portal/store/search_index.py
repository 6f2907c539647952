"""Text search over what is published of public cases, newest first: FTS5 on SQLite, a stored
tsvector on PostgreSQL. Any input is safe.

    values = parameters(connection, city.id, "broken str")  # None if there is nothing to search for
    from_, where = FROM[engine], WHERE[engine]
    order = newest_first(connection, values)
    query = f"select c.case_id from {from_} where {where} order by {order}"
    connection.execute(statement(connection, query), values)

The index contains public cases only, and only their published text. On SQLite a row's key is
`opened_at << 24 | id & 0xFFFFFF`, so the index's own order is newest first, and fifty hits are read
without sorting thousands.

We split text into words ourselves, so both databases find the same: PostgreSQL's parser would read
"101-105" as 101 and minus 105, and would keep accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, String, TextClause, bindparam, text

from portal.store import bulk

ID_BITS = 24
ID_MASK = (1 << ID_BITS) - 1
MAX_WORDS = 12
MAX_LETTERS = 64
COMMON = 1_000
SHORTEST_PREFIX = 3
_WORD = re.compile(r"[^\W_]+")

POSTGRESQL_INDEXES = {
    "ix_case_search_words": "using gin (words)",
    "ix_case_search_newest": "(jurisdiction_id, opened_at desc, id desc)",
}
"""The search table's indexes by name, for a bulk load that drops them and makes them again."""

FROM = {
    # `cross join` keeps SQLite from swapping the tables: it reads the hits, newest first, and looks
    # up each case by its key.
    "sqlite": (
        "case_search s cross join public_cases c on c.jurisdiction_id = :city"
        " and c.opened_at = (s.rowid >> 24) and (c.id & 16777215) = (s.rowid & 16777215)"
    ),
    "postgresql": (
        "public_case_search s join public_cases c on c.jurisdiction_id = :city and c.id = s.id"
    ),
}
"""FROM of a search; `c` is the case. Use it with the values of `parameters()`."""
WHERE = {
    "sqlite": "case_search match :words",
    "postgresql": "s.jurisdiction_id = :city and s.words @@ cast(:words as tsquery)",
}
_NEWEST_FIRST = {"sqlite": "s.rowid desc", "postgresql": "s.opened_at desc, s.id desc"}
_NEWEST_OF_FEW = "s.opened_at + 0 desc, s.id desc"


@dataclass(frozen=True)
class WordMatches:
    """Cases that match some words, newest first, as keys in the search index.

    `is_all`: no older ones were left out.
    """

    words: str
    keys: tuple[int, ...] = field(repr=False)
    is_all: bool


class Entry(NamedTuple):
    """One case for the index.

    `old_opened_at` is the opening time it is indexed under now; None if it is not in the index.
    """

    jurisdiction_id: str
    id: int
    opened_at: int
    text: str
    is_public: bool
    old_opened_at: int | None


def index_cases(connection: Connection, entries: Iterable[Entry]) -> None:
    """Add, replace or remove cases in the index, in the caller's transaction."""
    entries = list(entries)
    gone = [entry for entry in entries if entry.old_opened_at is not None]
    shown = [entry for entry in entries if entry.is_public]
    if connection.dialect.name == "sqlite":
        _index_sqlite(connection, gone, shown)
    else:
        _index_postgresql(connection, gone, shown)


def words_in(phrase: str) -> list[str]:
    """The words of a text in order: runs of letters and digits, in lower case, without accents."""
    if not phrase.isascii():
        # Decomposed: é is e and an accent, which is dropped; ½ is 1⁄2; ß folds to ss.
        apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", phrase).casefold())
        phrase = "".join(
            letter for letter in apart if not unicodedata.category(letter).startswith("M")
        )
    return [word[:MAX_LETTERS] for word in _WORD.findall(phrase.lower())]


def parameters(connection: Connection, city_id: str, words: str) -> dict[str, str] | None:
    """Parameters for FROM and WHERE: a case must have every word; the last may be a prefix.

    The last word counts as whole if it has one or two letters, or if a thousand cases match the
    words as typed. Otherwise all words with that prefix would be collected first, which takes half
    a second for a common one at three million cases. None if there is no letter and no digit: then
    nothing matches.
    """
    if not (found := words_in(words)[:MAX_WORDS]):
        return None
    found = [*dict.fromkeys(word for word in found[:-1] if word != found[-1]), found[-1]]
    whole = _query(connection, city_id, found, "")
    is_short = len(found[-1]) < SHORTEST_PREFIX and found[-1].isascii()
    if is_short or _is_common(connection, whole):
        return whole
    return _query(connection, city_id, found, "*")


def newest_first(connection: Connection, query: dict[str, str]) -> str:
    """ORDER BY for a search with these parameters.

    PostgreSQL cannot know how rare a word is. To find the newest hits it walks through all cases,
    newest first, which is right for a common word. For a rare one, which may match no case at all,
    the ORDER BY makes it collect all hits and sort them.
    """
    engine = connection.dialect.name
    if engine == "sqlite" or _is_common(connection, query):
        return _NEWEST_FIRST[engine]
    return _NEWEST_OF_FEW


def statement(connection: Connection, query: str) -> TextClause:
    """A search's query. For PostgreSQL the words are part of its text, quoted by SQLAlchemy.

    If they were a parameter, PostgreSQL would plan the statement once for all words after five
    uses, and treat a common word like a rare one: 1.3 s, not 14 ms, at three million cases.
    """
    made = text(query)
    if connection.dialect.name == "sqlite":
        return made
    return made.bindparams(bindparam("words", type_=String, literal_execute=True))


def _query(connection: Connection, city_id: str, words: list[str], wildcard: str) -> dict[str, str]:
    if connection.dialect.name == "sqlite":
        quoted = " AND ".join(f'"{word}"' for word in words)
        return {
            "city": city_id,
            "words": f'jurisdiction:"{_key(city_id)}" AND text:({quoted}{wildcard})',
        }
    return {
        "city": city_id,
        "words": " & ".join(f"'{word}'" for word in words) + wildcard.replace("*", ":*"),
    }


def _is_common(connection: Connection, query: dict[str, str]) -> bool:
    source = "case_search" if connection.dialect.name == "sqlite" else "public_case_search s"
    first = f"select 1 from {source} where {WHERE[connection.dialect.name]} limit {COMMON}"
    counted = statement(connection, f"select count(*) from ({first}) few")
    return connection.execute(counted, query).scalar_one() == COMMON


def _indexed(phrase: str) -> str:
    return " ".join(words_in(phrase))


def _key(city_id: str) -> str:
    return "j" + "".join(letter for letter in city_id if letter.isalnum())


def _rowid(opened_at: int, case: int) -> int:
    return opened_at << ID_BITS | case & ID_MASK


def _index_sqlite(connection: Connection, gone: list[Entry], shown: list[Entry]) -> None:
    if gone:
        rows = [(_rowid(entry.old_opened_at or 0, entry.id),) for entry in gone]
        connection.exec_driver_sql("delete from case_search where rowid = ?", rows)
    if shown:
        rows = [
            (_rowid(entry.opened_at, entry.id), _key(entry.jurisdiction_id), _indexed(entry.text))
            for entry in shown
        ]
        connection.exec_driver_sql(
            "insert into case_search (rowid, jurisdiction, text) values (?, ?, ?)", rows
        )


def _index_postgresql(connection: Connection, gone: list[Entry], shown: list[Entry]) -> None:
    if gone:
        connection.execute(
            text("delete from case_search where jurisdiction_id = :city and id = any(:ids)"),
            {"city": gone[0].jurisdiction_id, "ids": [entry.id for entry in gone]},
        )
    # No conversion needed: a tsvector is written as its words with spaces between, and our words
    # are letters and digits only.
    rows = [
        (entry.jurisdiction_id, entry.id, entry.opened_at, _indexed(entry.text)) for entry in shown
    ]
    bulk.insert_rows(
        connection, "case_search", ("jurisdiction_id", "id", "opened_at", "words"), rows
    )
