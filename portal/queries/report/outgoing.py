"""What a message to a work-order system says: the case as its resident sent it.

All of it, whatever the public sees. For the core engine.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection, text

from portal.domain.answers import pair_with_prompts
from portal.domain.dispatch import Message, Outgoing
from portal.domain.service_definition import questions_from_json
from portal.queries.cases.photos import photos_of_report


def load_outgoing(connection: Connection, city_id: str, message: Message) -> Outgoing:
    """The message with its case as it is now.

    Source: the report, its original texts and place, and its photos that are ready.
    """
    values = {"city": city_id, "case": message.case_key}
    case = connection.execute(text(_CASE), values).mappings().one()
    answers = {code: tuple(given) for code, given in json.loads(case["answers"]).items()}
    questions = questions_from_json(case["questions"] or "[]")
    return Outgoing(
        id=message.id,
        kind=message.kind,
        reference=message.case_id,
        code=message.code or case["service_code"],
        service_name=case["service_name"],
        note=case["note"] or "",
        address=case["address"] or "",
        lat=case["lat"],
        lon=case["lon"],
        is_public=case["visibility"] == "public",
        answers=answers,
        answers_in_words=pair_with_prompts(questions, answers),
        photos=_load_photos(connection, city_id, message, case["opened_at"]),
        words=_load_note(connection, city_id, message),
        work_order_id=case["work_order_id"],
        department=case["department"],
        queue=case["queue"],
        opened_at=case["opened_at"],
    )


def _load_photos(
    connection: Connection, city_id: str, message: Message, opened_at: int
) -> tuple[str, ...]:
    """Those that came with the report, or with the note; none that staff hid since."""
    if message.kind == "open_case":
        return photos_of_report(connection, city_id, message.case_key, opened_at)
    added = message.payload.get("photo")
    names = photos_of_report(connection, city_id, message.case_key)
    return tuple(name for name in names if name == added)


def _load_note(connection: Connection, city_id: str, message: Message) -> str:
    if message.kind != "add_note":
        return ""
    values = {"city": city_id, "case": message.case_key, "number": message.payload["number"]}
    return connection.execute(text(_NOTE), values).scalar_one()


_CASE = """
select s.service_code, s.name as service_name, c.visibility, c.opened_at, r.answers, a.questions,
    d.name as department, q.name as queue,
    coalesce(w.work_order_id, c.work_order_id) as work_order_id,
    coalesce(o.note, c.note) as note, coalesce(o.address, c.address) as address,
    coalesce(o.lat, c.lat) as lat, coalesce(o.lon, c.lon) as lon
from cases c
join reports r on r.jurisdiction_id = c.jurisdiction_id and r.case_key = c.id
join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
left join service_definitions a
    on a.jurisdiction_id = c.jurisdiction_id and a.service_code = s.service_code
left join outbox w
    on w.jurisdiction_id = c.jurisdiction_id and w.case_key = c.id and w.number = 1
left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id
left join labels d on d.jurisdiction_id = c.jurisdiction_id and d.label_id = c.department_id
left join labels q on q.jurisdiction_id = c.jurisdiction_id and q.label_id = c.queue_id
where c.jurisdiction_id = :city and c.id = :case
"""
_NOTE = """
select note from report_notes
where jurisdiction_id = :city and case_key = :case and number = :number
"""
