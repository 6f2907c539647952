"""The city that an Open311 request is about, and the address at which its pages are."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import BadCall, CallNotFound
from portal.settings import Settings

NAME = "jurisdiction_id"


def find_city(portal: Portal, args: Mapping[str, str], host: str) -> Jurisdiction:
    """The city named by `jurisdiction_id`, its id or a host name of it; else the host's.

    Raises CallNotFound for a city that is not here, and BadCall if several are and none is named.
    """
    wanted = args.get(NAME, "").strip().lower()
    if wanted:
        for city in portal.cities.values():
            if wanted == city.id or wanted in city.host_names:
                return city
        raise CallNotFound("There is no jurisdiction {wanted!r} here.", wanted=wanted[:60])
    if len(portal.cities) > 1 and not is_named(portal, host):
        raise BadCall(
            "jurisdiction_id is missing. This portal has {cities}.", cities=", ".join(portal.cities)
        )
    return portal.city(host)


def is_named(portal: Portal, host: str) -> bool:
    """Whether a host name stands for one of the cities."""
    name = host.rsplit(":", 1)[0].lower()
    return any(name in city.host_names for city in portal.cities.values())


def site_of(settings: Settings, city: Jurisdiction, *, is_only: bool) -> str:
    """The address of a city's pages, without a slash at the end.

    That is the portal's own, with the city's host name in it where that stands for another city.
    """
    parts = urlsplit(settings.site_url)
    if is_only or not city.host_names or parts.hostname in city.host_names:
        return settings.site_url
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{city.host_names[0]}{port}"
