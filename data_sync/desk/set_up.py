"""Sets a desk up from a town's file: its types, their queues and their questions.

set_up_desk(engine, city.desk)  # again after each change of the file
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, delete, insert, select, update

from data_sync.desk.models import RetiredService, Service, write
from data_sync.desk.questions import set_questions
from data_sync.desk.records import DeskQuestion
from portal.domain.desk_setup import DeskSetup, DeskType

HOURS_A_DAY = 24


def set_up_desk(engine: Engine, setup: DeskSetup) -> None:
    """Make the desk offer exactly the types of the file; cases of others stay as they are."""
    codes = [kind.code for kind in setup.types]
    with write(engine) as connection:
        connection.execute(delete(RetiredService))
        for kind in setup.types:
            _set_up_type(connection, kind)
        gone = select(Service.service_code).where(Service.service_code.not_in(codes))
        retired = insert(RetiredService).from_select(["service_code"], gone)
        connection.execute(retired)


def _set_up_type(connection: Connection, kind: DeskType) -> None:
    """Add the type, or bring the one that is there to what the file says."""
    columns = {
        "service_name": kind.name,
        "group_name": kind.group,
        "description": kind.description,
        "department": kind.department,
        "queue": kind.queue,
        "sla_hours": None if kind.days is None else kind.days * HOURS_A_DAY,
    }
    known = update(Service).where(Service.service_code == kind.code).values(columns)
    if not connection.execute(known).rowcount:
        connection.execute(insert(Service).values(service_code=kind.code, **columns))
    questions = (DeskQuestion(**vars(question)) for question in kind.questions)
    set_questions(connection, kind.code, questions)
