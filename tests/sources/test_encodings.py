"""Which encoding the first bytes of a file give away, and how its lines end afterwards."""

from __future__ import annotations

import codecs
import io

import pytest

from data_sync.reading.encodings import as_readable

TEXT = "id,type\n1,Agujero en la calle\n"


def read(body: bytes, encoding: str = "utf-8") -> str:
    stream, found = as_readable(io.BytesIO(body), encoding)
    return stream.read().decode(found)


@pytest.mark.parametrize(
    "body",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.replace("\n", "\r").encode(),
    ],
)
def test_a_text_is_read_in_whatever_unicode_it_is(body):
    assert read(body).removeprefix("\ufeff") == TEXT


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_an_encoding_that_is_named_counts_where_the_bytes_give_none_away(encoding):
    assert read("Año\n".encode(encoding), encoding) == "Año\n"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"a\0b\0", "ab"),
        (b"\0a\0b", "ab"),
        (b"a\0", "a\0"),
        (b"\0a", "\0a"),
        (b"\0\0\0\0", "\0\0\0\0"),
        (b"abc\0def\0ghi", "abc\0def\0ghi"),
        (b"", ""),
    ],
)
def test_zeros_in_half_of_the_bytes_are_utf_16_and_a_few_are_not(body, text):
    assert read(body) == text


def test_what_cannot_be_decoded_can_be_seen():
    assert read(codecs.BOM_UTF16_LE + b"a\0\x00\xd8b\0") == "a\ufffdb"
