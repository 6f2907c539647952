"""Cases and services with the field names of Open311.

Those of GeoReport v2, and our documented extensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from data_sync.desk import merging, photos
from data_sync.desk.models import History, Question, RetiredService, Service
from portal.open311.services import describe_service
from portal.open311.values import format_time

NOTE_SUMMARIES = {"noted": "Note", "closed": "Closed", "reopened": "Reopened"}
NOTE_TYPES = {"noted": "note", "closed": "closed", "reopened": "reopened"}


def service_names(connection: Connection) -> dict[str, str]:
    """Name of each service by its code."""
    return {
        row.service_code: row.service_name
        for row in connection.execute(select(Service.service_code, Service.service_name))
    }


def list_services(connection: Connection) -> list[dict[str, Any]]:
    """Every service that is offered, by group and name."""
    is_offered = Service.service_code.not_in(select(RetiredService.service_code))
    offered = select(Service.__table__).where(is_offered)
    rows = connection.execute(offered.order_by(Service.group_name, Service.service_name))
    asking = set(connection.execute(select(Question.service_code)).scalars())
    return [
        describe_service(
            row.service_code,
            row.service_name,
            row.description,
            row.group_name,
            asks=row.service_code in asking,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class PhotoAddresses:
    """Absolute addresses of photos; a path of ours gets our address in front.

    A private case is told only to a client with an API key. For it, the photo of the work has an
    address marked with our secret, by which it can be fetched for the resident.
    """

    public_url: str
    secret: str

    def of_problem(self, row: Row[Any]) -> str:
        """The photo as reported; "" for none."""
        return self._make_absolute(row.media_url)

    def of_work(self, row: Row[Any]) -> str:
        """The photo after the work; "" for none."""
        url = row.closed_media_url
        return self._make_absolute(url if row.is_public else photos.mark_address(url, self.secret))

    def _make_absolute(self, url: str) -> str:
        return url if not url or "://" in url else f"{self.public_url}/{url.lstrip('/')}"


def list_requests(
    connection: Connection, rows: list[Row[Any]], addresses: PhotoAddresses, extensions: bool
) -> list[dict[str, Any]]:
    """Cases as service requests; `extensions` adds what GeoReport has no field for."""
    names = service_names(connection)
    trees = [_request(row, names, addresses) for row in rows]
    if extensions:
        notes = _notes(connection, [row.id for row in rows])
        parents = merging.parents_of(connection, rows)
        for tree, row in zip(trees, rows, strict=True):
            tree["extended_attributes"] = _extended(row, addresses, parents.get(row.id, ""))
            tree["notes"] = notes.get(row.id, [])
    return trees


def _request(row: Row[Any], names: Mapping[str, str], addresses: PhotoAddresses) -> dict[str, Any]:
    return {
        "service_request_id": row.request_id,
        "status": "closed" if row.status == "closed" else "open",
        "status_notes": row.closure_reason,
        "service_name": names[row.service_code],
        "service_code": row.service_code,
        "description": row.description,
        "agency_responsible": row.department,
        "service_notice": "",
        "requested_datetime": format_time(row.requested_at),
        "updated_datetime": format_time(row.updated_at),
        "expected_datetime": format_time(row.expected_at),
        "address": row.address,
        "address_id": "",
        "zipcode": "",
        "lat": row.lat,
        "long": row.lon,
        "media_url": addresses.of_problem(row),
    }


def _extended(row: Row[Any], addresses: PhotoAddresses, parent: str) -> dict[str, str]:
    return {
        "detailed_status": row.status,
        "closed_datetime": format_time(row.closed_at),
        "department": row.department,
        "queue": row.queue,
        "channel": row.channel,
        "closure_reason": row.closure_reason,
        "closed_media_url": addresses.of_work(row),
        "external_reference": row.external_reference,
        "parent_service_request_id": parent,
    }


def _notes(connection: Connection, case_ids: Iterable[int]) -> dict[int, list[dict[str, str]]]:
    """Public history of each case, oldest first."""
    shown = History.case_id.in_(list(case_ids)), History.is_public
    query = select(History.__table__).where(*shown).order_by(History.id)
    notes: dict[int, list[dict[str, str]]] = {}
    for row in connection.execute(query):
        note = {
            "datetime": format_time(row.at),
            "summary": NOTE_SUMMARIES[row.verb],
            "description": row.words,
            "type": NOTE_TYPES[row.verb],
        }
        notes.setdefault(row.case_id, []).append(note)
    return notes
