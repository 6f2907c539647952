"""Pages of Smallville on SQLite; a test that wants both databases asks for `database` itself."""

from tests.support.pages import (  # noqa: F401
    add_graffiti,
    add_pothole,
    app,
    client,
    crowd,
    database,
    publish,
)
