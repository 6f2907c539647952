"""E-mails to residents that could not be sent, for staff. For the core engine."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from portal.domain.redaction import redact

MAX_SHOWN = 200
TROUBLED_ATTEMPTS = 3
"""After so many attempts an e-mail that is still tried is shown too."""


@dataclass(frozen=True)
class FailedEmail:
    """One such e-mail; `created_at` in epoch seconds. `answer` is why, without its address.

    `is_given_up`: three days are over, and it is not tried any more.
    """

    case_id: str
    kind: str
    is_given_up: bool
    attempts: int
    created_at: int
    answer: str


def failed_emails(connection: Connection, city_id: str) -> tuple[FailedEmail, ...]:
    """Those given up, and those tried three times or more; newest first, at most 200. None: empty.

    Source: the alerts, which are kept for 90 days after their end.
    """
    values = {"city": city_id, "tries": TROUBLED_ATTEMPTS, "most": MAX_SHOWN}
    return tuple(
        FailedEmail(case_id, kind, state == "failed", attempts, created_at, redact(answer)[0])
        for case_id, kind, state, attempts, created_at, answer in connection.execute(
            text(_FAILED), values
        )
    )


_FAILED = """
select c.case_id, a.kind, a.state, a.attempts, a.created_at, coalesce(a.answer, '')
from alerts a
join cases c on c.jurisdiction_id = a.jurisdiction_id and c.id = a.case_key
where a.jurisdiction_id = :city
    and (a.state = 'failed' or (a.state = 'pending' and a.attempts >= :tries))
order by a.created_at desc, c.case_id limit :most
"""
