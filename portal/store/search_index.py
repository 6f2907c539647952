"""Words over the published text of public cases: FTS5 on SQLite, a stored tsvector on PostgreSQL. Newest first, and any input is safe.

The index holds public cases only and no text that is not published. On SQLite a row's key is `opened_at << 24 | id & 0xFFFFFF`, so that
the index's own order is newest first and fifty hits are read without sorting thousands.

Words are found here and not by the databases, so that both find the same: PostgreSQL's parser would read "101-105" as 101 and minus 105,
and keeps accents.
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
SHORTEST_BEGINNING = 3
_WORD = re.compile(r"[^\W_]+")

POSTGRESQL_INDEXES = {
    "ix_case_search_words": "using gin (words)",
    "ix_case_search_newest": "(jurisdiction_id, opened_at desc, id desc)",
}
"""The search table's indexes by name, for a bulk load that drops them and makes them again."""

FROM = {
    # `cross join` keeps SQLite from turning the join round: hits first, newest first, each case by its key.
    "sqlite": (
        "case_search s cross join public_cases c on c.jurisdiction_id = :city and c.opened_at = (s.rowid >> 24)"
        " and (c.id & 16777215) = (s.rowid & 16777215)"
    ),
    "postgresql": "public_case_search s join public_cases c on c.jurisdiction_id = :city and c.id = s.id",
}
"""FROM of a search; `c` is the case. Wants the parameters of `parameters()`."""
WHERE = {
    "sqlite": "case_search match :words",
    "postgresql": "s.jurisdiction_id = :city and s.words @@ cast(:words as tsquery)",
}
_NEWEST_FIRST = {"sqlite": "s.rowid desc", "postgresql": "s.opened_at desc, s.id desc"}
_NEWEST_OF_FEW = "s.opened_at + 0 desc, s.id desc"


@dataclass(frozen=True)
class WordMatches:
    """Cases with some words, newest first, by their keys in the search index. `is_all`: no older ones were left out."""

    words: str
    keys: tuple[int, ...] = field(repr=False)
    is_all: bool


class Entry(NamedTuple):
    """One case for the index. `old_opened_at` is where it stands in the index now; None: it is not in it."""

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
    """The words of a text in their order: runs of letters and digits, without case and accents."""
    if not phrase.isascii():
        # Compatible forms taken apart: é is e and an accent, which goes; ½ is 1⁄2; ß folds to ss.
        apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", phrase).casefold())
        phrase = "".join(
            letter for letter in apart if not unicodedata.category(letter).startswith("M")
        )
    return [word[:MAX_LETTERS] for word in _WORD.findall(phrase.lower())]


def parameters(connection: Connection, city_id: str, words: str) -> dict[str, str] | None:
    """Parameters for FROM and WHERE: every word must be there, the last one may be a beginning.

    A last word of one or two letters, or one that with the others is found in a thousand cases as it stands, is taken as whole: all words
    that begin so would be gathered first, half a second for a common one at three million cases. None when there is neither letter nor
    digit: then nothing matches.
    """
    found = words_in(words)[:MAX_WORDS]
    if not found:
        return None
    found = [*dict.fromkeys(word for word in found[:-1] if word != found[-1]), found[-1]]
    whole = _query(connection, city_id, found, "")
    is_short = len(found[-1]) < SHORTEST_BEGINNING and found[-1].isascii()
    return (
        whole
        if is_short or _is_common(connection, whole)
        else _query(connection, city_id, found, "*")
    )


def newest_first(connection: Connection, query: dict[str, str]) -> str:
    """ORDER BY of a search with these parameters.

    To find a few newest hits PostgreSQL walks through all cases from the newest on, as it cannot know how rare a word is: right for a
    common one; of a rare one, which may be in no case at all, it is told to gather all hits and then to sort them.
    """
    engine = connection.dialect.name
    return (
        _NEWEST_FIRST[engine]
        if engine == "sqlite" or _is_common(connection, query)
        else _NEWEST_OF_FEW
    )


def statement(connection: Connection, query: str) -> TextClause:
    """A search's question. To PostgreSQL the words go in the statement itself, quoted by SQLAlchemy.

    As a parameter it would soon plan without looking at them (after five times, a prepared statement is planned once for any words), and
    takes a common word for a rare one: 1.3 s instead of 14 ms at three million cases.
    """
    made = text(query)
    if connection.dialect.name == "sqlite":
        return made
    return made.bindparams(bindparam("words", type_=String, literal_execute=True))


def _query(
    connection: Connection, city_id: str, words: list[str], beginning: str
) -> dict[str, str]:
    if connection.dialect.name == "sqlite":
        quoted = " AND ".join(f'"{word}"' for word in words)
        return {
            "city": city_id,
            "words": f'jurisdiction:"{_key(city_id)}" AND text:({quoted}{beginning})',
        }
    return {
        "city": city_id,
        "words": " & ".join(f"'{word}'" for word in words) + beginning.replace("*", ":*"),
    }


def _is_common(connection: Connection, query: dict[str, str]) -> bool:
    source = "case_search" if connection.dialect.name == "sqlite" else "public_case_search s"
    first = f"select 1 from {source} where {WHERE[connection.dialect.name]} limit {COMMON}"
    return (
        connection.execute(
            statement(connection, f"select count(*) from ({first}) few"), query
        ).scalar_one()
        == COMMON
    )


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
    # The words go as they are: a tsvector in writing is its words with spaces between, and ours are letters and digits alone.
    rows = [
        (entry.jurisdiction_id, entry.id, entry.opened_at, _indexed(entry.text)) for entry in shown
    ]
    bulk.insert_rows(
        connection, "case_search", ("jurisdiction_id", "id", "opened_at", "words"), rows
    )
