"""POST servicerequestupdates: what the city's program tells of a report made here."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response

from portal.api.callers import Caller
from portal.api.open311.reports import require_form
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.open311.answers import make_answer
from portal.open311.forms import read_fields
from portal.services.data.case_updates import MAX_WORDS, SentUpdate, apply_update
from portal.store.unwritable import explain_unwritable

LONGEST = {"update_id": 100, "service_request_id": 100, "description": MAX_WORDS}


@dataclass(frozen=True)
class UpdateCall:
    """One call: who tells, for which city, and when (epoch s)."""

    portal: Portal
    city: Jurisdiction
    caller: Caller
    now: int

    def take(self, form: str) -> Response:
        """Apply the update and answer with its id."""
        key = self.caller.require("update")
        require_form()
        fields = read_fields(LONGEST)
        sent = SentUpdate(
            update_id=fields.get("update_id", ""),
            number=fields.get("service_request_id", ""),
            status=fields.get("status", "").upper(),
            words=fields.get("description", ""),
        )
        with explain_unwritable():
            apply_update(self.portal, self.city, sent, key, self.now)
        answer = make_answer([{"update_id": sent.update_id}], "service_request_updates", form)
        answer.headers["Cache-Control"] = "no-store"
        return answer
