"""Everything the portal refuses, as one small tree: each error knows its HTTP status and says what to do about it."""

from typing import Any


class PortalError(Exception):
    """A refusal with a sentence for the person who asked. `str(error)` is that sentence.

    What the visitor typed stands in {holes} that `values` fill, so that a page can translate the sentence first.
    """

    status = 500

    def __init__(self, sentence: str = "", **values: Any) -> None:
        self.sentence, self.values = sentence, values
        super().__init__(sentence.format(**values) if values else sentence)


class BadRequest(PortalError):
    """What was asked cannot be understood; the sentence names the part and the value."""

    status = 400


class NotAllowed(PortalError):
    """The actor may not do this."""

    status = 403


class NotFound(PortalError):
    """There is no such thing, or it is not public: both sound the same."""

    status = 404


class Conflict(PortalError):
    """Somebody else is doing, or has done, what was asked."""

    status = 409


class NotReady(PortalError):
    """The portal cannot answer yet; the sentence says what is missing and how to mend it, to whoever runs the portal."""

    status = 503


class TakesTooLong(NotReady):
    """A question that was given up, so that others are answered; the sentence tells the visitor how to ask for less."""


class SettingsError(PortalError):
    """A setting or a jurisdiction file is wrong; names the file, the key and the value."""


class SourceError(PortalError):
    """A source answered with something the sync cannot use; names the source, the case, the field and the value."""

    status = 502

    def __init__(self, message: str, *, reason: str = "unusable") -> None:
        super().__init__(message)
        self.reason = reason
