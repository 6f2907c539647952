"""What an e-mail address looks like. Only an e-mail can tell whether anyone reads it.

    read_email_address(" mailto:Ana@Example.org. ")     # "Ana@example.org"
    read_email_address("ana@example..org")              # None

What people type, paste or dictate brings more than the address: spaces, marks that cannot be seen,
a name before it. That is taken off. What is left must be an address that any mail server can take:
RFC 5322's atoms with dots between them, letters of any script (RFC 6531), and a host name (RFC
1123), written as IDNA writes it (RFC 3490).
"""

from __future__ import annotations

import re
import unicodedata
from email.errors import MessageError
from email.headerregistry import Address
from urllib.parse import unquote

LONGEST = 254
LONGEST_NAME = 64
LONGEST_TYPED = 1_000
_WITHOUT_DOTS = frozenset({"gmail.com", "googlemail.com"})
_BEFORE = ' \t\r\n"“”„‘’«»<([,;:'
_AFTER = ' \t\r\n"“”„‘’«»>)],;:.!?'
_NAMED = re.compile(r"[^<>]*<([^<>]*)>[\s.,;]*")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": ".", "\uff20": "@", "\ufe6b": "@"})
"""The dots and the at sign of East Asian keyboards."""


def read_email_address(typed: str) -> str | None:
    """The address in what was typed, in its one spelling; None if there is none, or several."""
    bare = _trim(typed[:LONGEST_TYPED])
    name, at, host = bare.rpartition("@")
    if not at or not _is_name(name):
        return None
    ascii_host = _read_host(host)
    address = f"{name}@{ascii_host}"
    is_usable = ascii_host is not None and len(address.encode()) <= LONGEST
    return address if is_usable and _is_known_to_the_library(address) else None


def is_email_address(typed: str) -> bool:
    """Whether an e-mail can be sent to it as it is, with nothing to be taken off."""
    return read_email_address(typed) is not None and typed == _trim(typed)


def mailbox_of(address: str) -> str:
    """The mailbox an address leads to, for counting: many addresses can lead to the same one.

    What follows a plus is the reader's own mark; Google passes over dots.
    """
    name, _, host = address.lower().rpartition("@")
    mailbox = name.partition("+")[0] or name
    if host in _WITHOUT_DOTS:
        mailbox, host = mailbox.replace(".", ""), "gmail.com"
    return f"{mailbox}@{host}"


def is_nowhere(address: str) -> bool:
    """Whether no mailbox can exist there: invented people have hosts in .invalid.

    RFC 2606, RFC 6761 section 6.4.
    """
    return address.rpartition("@")[2].rstrip(".").lower().endswith(".invalid")


def _trim(typed: str) -> str:
    """What was meant: without marks that cannot be seen, a name before it, or a link's prefix."""
    seen = "".join(letter for letter in typed if unicodedata.category(letter) != "Cf")
    bare = unicodedata.normalize("NFC", seen.translate(_DOTS)).strip()
    if named := _NAMED.fullmatch(bare):
        bare = named[1].strip()
    bare = bare.lstrip(_BEFORE).rstrip(_AFTER)
    if bare[:7].lower() == "mailto:":
        bare = unquote(bare[7:].partition("?")[0]).lstrip(_BEFORE).rstrip(_AFTER)
    is_quoted = bare[:1] == bare[-1:] == "'"
    return bare[1:-1] if is_quoted else bare


def _is_name(name: str) -> bool:
    """The part before the at sign. One in quotes is refused: it may hold anything."""
    atoms = name.split(".")
    return (
        name.isprintable()
        and len(name.encode()) <= LONGEST_NAME
        and all(_ATOM.fullmatch(atom) and _is_plain(atom) for atom in atoms)
    )


def _is_known_to_the_library(address: str) -> bool:
    """Whether the library that writes our e-mails reads the same address."""
    try:
        return not address.isascii() or Address(addr_spec=address).addr_spec == address
    except (ValueError, IndexError, MessageError):
        return False


def _is_plain(atom: str) -> bool:
    """Whether it has letters, digits, marks and ASCII's signs only: no spaces, no symbols."""
    return all(letter.isascii() or unicodedata.category(letter)[0] in "LMN" for letter in atom)


def _read_host(host: str) -> str | None:
    """A host name in lower case and ASCII, such as xn--exmple-qta.org; None if it is none.

    Two characters are refused that the library would rewrite: the host would be someone else's.
    """
    if not _is_plain(host) or set(host) & {"ß", "ς"}:
        return None
    try:
        labels = [label.encode("idna").decode() for label in host.lower().split(".")]
    except UnicodeError:
        return None
    is_host = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    return ".".join(labels) if is_host and _is_top(labels[-1]) else None


def _is_top(label: str) -> bool:
    """No top-level domain has one letter, nor digits alone: that is a number's last part."""
    return len(label) > 1 and not label.isdigit()
