"""The measured figures, read from figures.json, in the shapes that generating needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from data_sync.demo.grid import CELL_METRES

FIGURES_FILE = Path(__file__).with_name("figures.json")
CURVE_END = 0.995
"""A measured curve ends at this share of the cases that close: beyond it is only one case."""
DISTRICT_QUEUE = "{district}"
"""In a type's queues: the queue of the road district that the place belongs to."""


@dataclass(frozen=True)
class ServiceFigures:
    """One type as measured.

    `closing_hours` are the hours by which equal steps of the `closes` share have closed.
    """

    name: str
    group: str
    description: str
    public: bool
    department: str
    queues: tuple[tuple[str, float], ...]
    share: float
    sla_hours: float | None
    closes: float
    closing_hours: np.ndarray
    channel_shares: np.ndarray
    neighborhood_factors: np.ndarray

    @property
    def code(self) -> str:
        """The service code, made from the name: "Street Light Out" is street-light-out."""
        return make_slug(self.name)

    @cached_property
    def _steps(self) -> np.ndarray:
        return np.linspace(0, CURVE_END, len(self.closing_hours)) * self.closes

    def hours_to_close(self, chance: np.ndarray) -> np.ndarray:
        """Elapsed hours to the closing for chances 0 … 1; infinity if it never closes.

        Interpolated logarithmically between the measured points.
        """
        if not len(self.closing_hours):
            return np.full(len(chance), np.inf)
        hours = np.expm1(np.interp(chance, self._steps, np.log1p(self.closing_hours)))
        return np.where(chance < self.closes, hours, np.inf)

    def closed_share(self, hours: np.ndarray) -> np.ndarray:
        """Share of cases closed within so many hours: the inverse of hours_to_close."""
        if not len(self.closing_hours):
            return np.zeros(len(hours))
        return np.interp(np.log1p(hours), np.log1p(self.closing_hours), self._steps)


@dataclass(frozen=True)
class Figures:
    """The demo city in numbers: what people report, when, where, how, and how long it takes."""

    services: tuple[ServiceFigures, ...]
    channels: tuple[str, ...]
    neighborhoods: tuple[str, ...]
    council_districts: tuple[str, ...]
    district_queues: dict[str, str]
    without_place_share: float
    opening_hours: dict[str, np.ndarray]
    """By group ("" is the whole city): 168 shares, Monday midnight first."""
    closing_hours: np.ndarray
    cells: np.ndarray
    """Columns: row, column, cases, neighborhood, council district (indexes; -1 if unknown)."""

    @cached_property
    def cell_corners(self) -> np.ndarray:
        """(east, north) in metres of each cell's lower left corner."""
        return self.cells[:, [1, 0]] * CELL_METRES

    @cached_property
    def shares(self) -> np.ndarray:
        """Share of each service, adding up to 1."""
        shares = np.array([service.share for service in self.services])
        return shares / shares.sum()

    def opening_weights(self, group: str) -> np.ndarray:
        """168 shares for a group; the whole city's if the group was too small to measure."""
        return self.opening_hours.get(group, self.opening_hours[""])


def load_figures(path: Path = FIGURES_FILE) -> Figures:
    """The figures of a figures.json, by default the committed one."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    rows = [(int(row), *cell) for row, cells in raw["grid"]["cells"].items() for cell in cells]
    return Figures(
        services=tuple(_service(entry) for entry in raw["services"]),
        channels=tuple(raw["channels"]),
        neighborhoods=tuple(raw["neighborhoods"]),
        council_districts=tuple(raw["council_districts"]),
        district_queues=raw["district_queues"],
        without_place_share=raw["without_place_share"],
        opening_hours={group: _shares(weights) for group, weights in raw["opening_hours"].items()},
        closing_hours=_shares(raw["closing_hours"]),
        cells=np.array(rows, dtype=int),
    )


def make_slug(name: str) -> str:
    """Lower-case words joined by dashes: "Allston-Brighton 2" is allston-brighton-2."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())


def _service(entry: dict) -> ServiceFigures:
    return ServiceFigures(
        name=entry["name"],
        group=entry["group"],
        description=entry["description"],
        public=entry["public"],
        department=entry["department"],
        queues=tuple((name, share) for name, share in entry["queues"]),
        share=entry["share"],
        sla_hours=entry["sla_hours"],
        closes=entry["closing_hours"]["closes"],
        closing_hours=np.array(entry["closing_hours"]["hours"], dtype=float),
        channel_shares=_shares(entry["channel_shares"]),
        neighborhood_factors=np.array(entry["neighborhood_factors"], dtype=float),
    )


def _shares(weights: list) -> np.ndarray:
    values = np.array(weights, dtype=float)
    return values / values.sum()
