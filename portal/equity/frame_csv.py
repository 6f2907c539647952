"""The model frame as a CSV: a row for each tract whose residents are known, as models read it.

    tract,neighborhood,population,over_65,income,cases_phone,in_residential,in_populated
    25025000100,Allston,4254,0.108,53571,212,0,1

Shares are from 0 to 1; a measure that is not known is empty. `in_…` is 1 for the tracts that the
models of a sample are made from.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from portal.domain.equity import Frame, Sample, Tract
from portal.domain.formulas import harmless
from portal.equity.models import choose_tracts


def write_frame(frame: Frame) -> bytes:
    """The CSV in UTF-8."""
    chosen = {
        sample: {tract.name for tract in choose_tracts(frame, sample)[0]} for sample in Sample
    }
    heads = [
        *("tract", "neighborhood", "population", *frame.measures),
        *(name_column(channel.slug) for channel in frame.channels),
        *(f"in_{sample}" for sample in Sample),
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    for tract in frame.tracts:
        writer.writerow(
            [*_list_values(frame, tract), *(int(tract.name in chosen[s]) for s in Sample)]
        )
    return text.getvalue().encode()


def name_column(channel: str) -> str:
    """The column with a channel's cases: `cases_citizens_connect_app`."""
    return "cases_" + channel.replace("-", "_")


def _list_values(frame: Frame, tract: Tract) -> Iterator[object]:
    yield harmless(tract.name)
    yield harmless(tract.neighborhood)
    yield f"{tract.population:g}" if tract.population < 1e6 else int(tract.population)
    for name in frame.measures:
        yield repr(tract.measures[name]) if name in tract.measures else ""
    for channel in frame.channels:
        yield tract.cases[channel.slug]
