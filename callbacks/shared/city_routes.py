"""What answers at several addresses of the city that a request is for."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from callbacks.shared.pages import Pages
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction


class CityRoutes:
    """The portal, its pages and the time, at hand for each address. `clock` gives epoch seconds."""

    def __init__(self, portal: Portal, pages: Pages, clock: Callable[[], float]) -> None:
        self.portal = portal
        self.pages = pages
        self.clock = clock

    @property
    def city(self) -> Jurisdiction:
        """The city that the request is for."""
        return self.portal.city(request.host)

    @property
    def now(self) -> int:
        """The time in epoch seconds."""
        return int(self.clock())
