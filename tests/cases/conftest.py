"""What the tests of questions share: facts that are fresh."""

from tests.support.queries import fresh_facts  # noqa: F401
