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
    parameter = ""
    """The one at fault, where that is known."""

    def __init__(self, sentence: str = "", **values: Any) -> None:
        self.sentence = sentence
        self.values = values
        super().__init__(sentence.format(**values) if values else sentence)


class BadRequest(PortalError):
    """We cannot understand the request; the sentence names the part and the value."""

    status = 400


class BadParameter(BadRequest):
    """The same in an API, with the name of the parameter that is at fault."""

    def __init__(self, parameter: str, sentence: str, **values: Any) -> None:
        super().__init__(sentence, **values)
        self.parameter = parameter


class NotAllowed(PortalError):
    """The actor may not do this."""

    status = 403


class NotFound(PortalError):
    """There is no such thing, or it is not public: the answer is the same."""

    status = 404


class Conflict(PortalError):
    """Someone else is doing, or has done, what was asked."""

    status = 409


class Gone(PortalError):
    """What was there cannot be had any more; the sentence says why."""

    status = 410


class TooMany(PortalError):
    """Too many requests came from one network."""

    status = 429


class BadCall(BadRequest):
    """We cannot understand what a program asks for. Programs are answered in English alone."""


class BadCalls(BadCall):
    """The same, for several reasons, each a sentence."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class CallNotFound(NotFound):
    """There is nothing that a program asked for, or it is not public."""


class CallNotAllowed(NotAllowed):
    """A program's key is missing or wrong, or not for this."""


class TooManyCalls(TooMany):
    """A program has no calls left."""


class NotReady(PortalError):
    """The portal cannot answer yet; the sentence tells its operator what is missing."""

    status = 503


class CannotStore(NotReady):
    """Nothing can be stored just now. `cause` tells the portal's operator why."""

    def __init__(self, *, cause: str) -> None:
        super().__init__()
        self.cause = cause

    def __str__(self) -> str:
        return self.cause


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
