"""What the desk refuses, with the HTTP status and a sentence that says what to do."""


class DeskError(Exception):
    """A refusal. `str(error)` is the sentence for whoever asked."""

    status = 400


class UnknownCase(DeskError):
    """There is no such case."""

    status = 404


class UnknownService(DeskError):
    """There is no such service."""

    status = 404


class WrongState(DeskError):
    """The case is not in the state this verb needs."""

    status = 409


class KeyMissing(DeskError):
    """The API key is missing or wrong."""

    status = 403


class BadPhoto(DeskError):
    """The photo cannot be used."""
