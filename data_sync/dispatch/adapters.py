"""The adapter for each work-order system in a city's file."""

from __future__ import annotations

import time
from functools import partial
from urllib.parse import urlsplit

from data_sync.dispatch.base import Adapter, talk_over
from data_sync.dispatch.email import EmailAdapter
from data_sync.dispatch.open311 import Open311Adapter
from data_sync.dispatch.smtp import deliver_by_smtp
from data_sync.reading.fetch import Fetcher
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.route_rules import System
from portal.network.inside import Network
from portal.photos.signed import OPEN_SECONDS, read_jpeg, sign_address
from portal.secrets import desk_key
from portal.settings import Settings

DESK = "desk"
MAX_ANSWER_BYTES = 1 << 20
SECONDS = 30.0
"""An attempt ends long before its lease does (portal.services.report.sending)."""


def adapter_for(
    portal: Portal, city: Jurisdiction, system: System, desk_url: str | None
) -> Adapter | None:
    """How to talk to a system.

    None if the desk is not running or no mail server is set: the messages to it wait.
    """
    if system.kind == "email":
        return _email_adapter(portal, city, system) if portal.settings.smtp_url else None
    endpoint = _endpoint(system, desk_url)
    if not endpoint:
        return None
    own_desk = desk_url if system.endpoint == DESK else None
    client = _client(endpoint, own_desk, portal.settings.private_network)
    return _open311_adapter(portal, system, endpoint, client)


def _email_adapter(portal: Portal, city: Jurisdiction, system: System) -> EmailAdapter:
    deliver = deliver_by_smtp(portal.settings)
    read_photo = partial(read_jpeg, portal.photos_folder)
    return EmailAdapter(city, portal.settings.sender, system.address, deliver, read_photo)


def _open311_adapter(
    portal: Portal, system: System, endpoint: str, client: Fetcher
) -> Open311Adapter:
    return Open311Adapter(
        system,
        endpoint,
        api_key_for(portal.settings, system),
        talk_over(client),
        partial(read_jpeg, portal.photos_folder),
        partial(_signed_photo_address, portal.settings),
    )


def api_key_for(settings: Settings, system: System) -> str:
    """The API key a system knows us by, from the settings; empty if there is none.

    The built-in desk has its own, which no other system ever sees.
    """
    own = desk_key(settings) if system.endpoint == DESK else ""
    return settings.system_key(system.name) or own


def _endpoint(system: System, desk_url: str | None) -> str:
    if system.endpoint != DESK:
        return system.endpoint
    return f"{desk_url.rstrip('/')}/open311/v2" if desk_url else ""


def _client(endpoint: str, local_origin: str | None, network: Network | None) -> Fetcher:
    host = urlsplit(endpoint).hostname or ""
    return Fetcher(
        {host},
        local_origin=local_origin,
        local_network=network,
        max_body_bytes=MAX_ANSWER_BYTES,
        max_seconds=SECONDS,
        max_redirects=0,
        attempts=1,
    )


def _signed_photo_address(settings: Settings, name: str) -> str:
    return sign_address(settings, name, int(time.time()) + OPEN_SECONDS)
