"""Reports that no rule of the city's file covers. For the core engine.

They are in the catch-all queue, and staff find out whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

MAX_SHOWN = 200


@dataclass(frozen=True)
class Unrouted:
    """One such report as it is now; `opened_at` in epoch seconds."""

    case_id: str
    service_name: str
    department: str | None
    queue: str | None
    opened_at: int


def unrouted_reports(connection: Connection, city_id: str) -> tuple[Unrouted, ...]:
    """Those that are open, newest first, at most 200. None: empty.

    Source: the reports and their cases, private ones too.
    """
    rows = connection.execute(text(_UNROUTED), {"city": city_id, "most": MAX_SHOWN})
    return tuple(Unrouted(*row) for row in rows)


_UNROUTED = """
select c.case_id, s.name, d.name, q.name, c.opened_at
from reports r
join cases c on c.jurisdiction_id = r.jurisdiction_id and c.id = r.case_key
join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
left join labels d on d.jurisdiction_id = c.jurisdiction_id and d.label_id = c.department_id
left join labels q on q.jurisdiction_id = c.jurisdiction_id and q.label_id = c.queue_id
where r.jurisdiction_id = :city and r.is_unrouted = 1 and r.withdrawn_at is null and c.is_open = 1
order by c.opened_at desc, c.id desc limit :most
"""
