"""Who gets a report that has not reached its system: decided again by the city's file of today.

Who gets a new report is decided by `submit`.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from portal.domain.jurisdiction import Jurisdiction
from portal.domain.route_rules import Place
from portal.domain.routing import Route, choose_route
from portal.queries.cases.outlines import areas_at_in_transaction
from portal.services.report.sending import assign_system


def reroute_report(connection: Connection, city: Jurisdiction, case_key: int) -> Route:
    """Give a report and its later messages the system that the rules name for it now.

    Runs in the caller's transaction. Without a system in the rules, nothing changes.
    """
    row = connection.execute(text(_CASE), {"city": city.id, "case": case_key}).one()
    place = Place(row.lat, row.lon, areas_at_in_transaction(connection, city.id, row.lat, row.lon))
    decision = choose_route(city, row.service_code, row.service_name, place)
    if decision.system is not None:
        assign_system(connection, city.id, case_key, decision.system, decision.code)
    return decision


# If the place is published roughly, the exact one is with the original.
_CASE = """
select s.service_code, s.name as service_name,
    coalesce(o.lat, c.lat) as lat, coalesce(o.lon, c.lon) as lon
from cases c
join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id
where c.jurisdiction_id = :city and c.id = :case
"""
