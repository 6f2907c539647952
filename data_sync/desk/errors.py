"""What the desk refuses, with an HTTP status and a sentence that says what to do."""

from portal.errors import PortalError


class DeskError(PortalError):
    """A refusal. `str(error)` is the sentence for the person who asked."""

    status = 400


class KeyMissing(DeskError):
    """The API key is missing or wrong."""

    status = 403


class UnknownCase(DeskError):
    """There is no such case, or it is private: the answer is the same."""

    status = 404


class UnknownService(DeskError):
    """There is no such service."""

    status = 404


class WrongState(DeskError):
    """The case is not in the state that this action needs."""

    status = 409


class TooManyFailures(DeskError):
    """Someone is guessing passwords."""

    status = 429


class BadPhoto(DeskError):
    """The photo cannot be used."""
