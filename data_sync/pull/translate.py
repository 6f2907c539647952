"""A page's rows as checked records; a row that cannot be used goes to quarantine."""

from __future__ import annotations

import json
from datetime import datetime

from data_sync.pull.checks import check_record
from data_sync.reading.base import Page, Row, Source
from portal.domain.claims import clean_reason
from portal.domain.clean_record import CleanRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import SourceError
from portal.services.sync.quarantine import RejectedRow


def translate_page(
    source: Source, page: Page, city: Jurisdiction, now: datetime
) -> tuple[list[CleanRecord], list[RejectedRow]]:
    """The usable rows as records, and the others with their reasons."""
    records, rejected = [], []
    for row in page.rows:
        try:
            records.append(check_record(source.to_case(row, page.as_of), city, now))
        except SourceError as problem:
            rejected.append(_rejected(source, row, problem.reason, str(problem)))
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as problem:
            # A row that no source foresaw must not end the sync of all the others.
            message = f"{source.name}: {problem.__class__.__name__}: {problem}"
            rejected.append(_rejected(source, row, "unexpected", message))
    return records, rejected


def _rejected(source: Source, row: Row, reason: str, message: str) -> RejectedRow:
    raw = json.dumps(dict(row), default=str, ensure_ascii=False, sort_keys=True)
    return RejectedRow(raw, reason, clean_reason(message), source.source_id_of(row))
