"""Everything the portal refuses, as one small tree.

Each error knows its HTTP status and says what to do about it.
"""

from typing import Any


class PortalError(Exception):
    """A refusal, with a sentence for the person who asked: `str(error)`.

    Values go into the sentence's {holes}, so that a page can translate the sentence first.

        raise NotFound("We have no case {number}.", number=typed)
    """

    status = 500

    def __init__(self, sentence: str = "", **values: Any) -> None:
        self.sentence = sentence
        self.values = values
        super().__init__(sentence.format(**values) if values else sentence)


class BadRequest(PortalError):
    """We cannot understand the request; the sentence names the part and the value."""

    status = 400


class NotAllowed(PortalError):
    """The actor may not do this."""

    status = 403


class NotFound(PortalError):
    """There is no such thing, or it is not public: the answer is the same."""

    status = 404


class Conflict(PortalError):
    """Someone else is doing, or has done, what was asked."""

    status = 409


class NotReady(PortalError):
    """The portal cannot answer yet; the sentence tells its operator what is missing."""

    status = 503


class TakesTooLong(NotReady):
    """We gave up on a question to answer others; the sentence says how to ask for less."""


class SettingsError(PortalError):
    """A setting or a city's file is wrong; names the file, the key and the value."""


class SourceError(PortalError):
    """A source sent something the sync cannot use; names the source, case, field and value."""

    status = 502

    def __init__(self, message: str, *, reason: str = "unusable") -> None:
        super().__init__(message)
        self.reason = reason
