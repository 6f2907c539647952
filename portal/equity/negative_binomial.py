"""One negative binomial model (NB2), with what can go wrong as an Outcome.

statsmodels fits it; alpha is estimated with the rest. It takes seconds to import, so it is
imported when the first model is made. Never by a process that answers pages.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from portal.domain.equity import Interval, Outcome

MOST_STEPS = 300
LARGEST_EFFECT = 15.0
"""A coefficient of a column's usual spread, or its error, beyond this is no estimate: exp(15) is
three million."""
START_DISPERSION = 0.1
NO_CASES = 1e-6
"""Fewer cases than that are expected nowhere: a model that says so runs away."""
NO_DISPERSION = 1e-6
_Z = 1.959963984540054


@dataclass(frozen=True)
class Fitted:
    """A model that could be made. Coefficients of the columns, the constant left out."""

    coefficients: np.ndarray
    errors: np.ndarray
    """Robust standard errors (HC1)."""
    clustered: np.ndarray | None
    dispersion: float
    residuals: np.ndarray
    """Deviance residuals."""

    def ratio(self, index: int) -> float:
        """How many times as many cases for one more of a column."""
        return float(np.exp(self.coefficients[index]))

    def interval(self, index: int, *, is_clustered: bool = False) -> Interval | None:
        """The ratio's 95 % interval; None where errors are not clustered."""
        errors = self.clustered if is_clustered else self.errors
        if errors is None:
            return None
        middle, half = self.coefficients[index], _Z * errors[index]
        return Interval(float(np.exp(middle - half)), float(np.exp(middle + half)))


def fit(
    cases: np.ndarray,
    columns: np.ndarray,
    residents: np.ndarray,
    clusters: Sequence[Any] | None = None,
) -> Fitted | Outcome:
    """Cases as a multiple of residents, explained by the columns; or why that cannot be.

    `clusters`: for each row, what it shares its chance with.
    """
    if not cases.any():
        return Outcome.TOO_FEW_CASES
    # Columns of one size, and a level of about 0: else the search ends on a slope it cannot see.
    scale = columns.std(axis=0)
    scale = np.where(scale > 0, scale, 1)
    design = np.column_stack([np.ones(len(cases)), (columns - columns.mean(axis=0)) / scale])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return Outcome.NO_VARIATION
    offset = np.log(residents * (cases.sum() / residents.sum()))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return _fit_quietly(cases, design, offset, scale, clusters)


def _fit_quietly(
    cases: np.ndarray,
    design: np.ndarray,
    offset: np.ndarray,
    scale: np.ndarray,
    clusters: Sequence[Any] | None,
) -> Fitted | Outcome:
    from statsmodels.discrete.discrete_model import NegativeBinomial, Poisson
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    model = Poisson(cases, design, offset=offset)
    try:
        found = model.fit(disp=0, maxiter=MOST_STEPS, cov_type="HC1")
        means = found.predict()
        if means.min() < NO_CASES:
            return Outcome.SEPARATION
        if has_dispersion(cases, means):
            model = NegativeBinomial(cases, design, offset=offset)
            found = _search(model, found.params)
        return _read(cases, model, found, scale, clusters)
    except PerfectSeparationError:
        return Outcome.SEPARATION
    except (np.linalg.LinAlgError, ValueError, FloatingPointError):
        return Outcome.NO_CONVERGENCE


def has_dispersion(cases: np.ndarray, means: np.ndarray) -> bool:
    """Whether more dispersion than a Poisson's fits better: the slope of the likelihood at 0."""
    return bool(((cases - means) ** 2 - cases).sum() > 0)


def _search(model: Any, coefficients: np.ndarray) -> Any:
    """The model's maximum, from a Poisson's; with a second search where the first gives up."""
    start = np.append(coefficients, START_DISPERSION)
    found = model.fit(start_params=start, disp=0, maxiter=MOST_STEPS, cov_type="HC1")
    if found.mle_retvals["converged"]:
        return found
    again = found.params if np.isfinite(found.params).all() else start
    return model.fit(
        start_params=again, method="newton", disp=0, maxiter=MOST_STEPS, cov_type="HC1"
    )


def _read(
    cases: np.ndarray,
    model: Any,
    found: Any,
    scale: np.ndarray,
    clusters: Sequence[Any] | None,
) -> Fitted | Outcome:
    width = model.exog.shape[1]
    dispersion = float(found.params[width]) if len(found.params) > width else 0.0
    coefficients, errors = found.params[1:width] / scale, found.bse[1:width] / scale
    if not np.isfinite(found.params).all() or not np.isfinite(errors).all():
        return Outcome.NO_CONVERGENCE
    if max(np.abs(found.params[:width]).max(), found.bse[:width].max()) > LARGEST_EFFECT:
        return Outcome.SEPARATION
    if not found.mle_retvals["converged"] or dispersion < 0:
        return Outcome.NO_CONVERGENCE
    clustered = None
    if clusters is not None:
        clustered = _cluster_errors(model, found, clusters)[1:width] / scale
        if not np.isfinite(clustered).all():
            return Outcome.NO_CONVERGENCE
    residuals = find_residuals(cases, found.predict(), dispersion)
    return Fitted(coefficients, errors, clustered, dispersion, residuals)


def _cluster_errors(model: Any, found: Any, clusters: Sequence[Any]) -> np.ndarray:
    groups = np.unique(np.asarray(clusters), return_inverse=True)[1]
    again = model.fit(
        start_params=found.params,
        disp=0,
        maxiter=MOST_STEPS,
        cov_type="cluster",
        cov_kwds={"groups": groups},
    )
    return again.bse


def find_residuals(cases: np.ndarray, means: np.ndarray, dispersion: float) -> np.ndarray:
    """Deviance residuals of a negative binomial; of a Poisson where the dispersion is 0."""
    some = np.where(cases > 0, cases, 1)
    gain = np.where(cases > 0, cases * np.log(some / means), 0.0)
    if dispersion > NO_DISPERSION:
        inverse = 1 / dispersion
        loss = (cases + inverse) * np.log((cases + inverse) / (means + inverse))
    else:
        loss = cases - means
    return np.sign(cases - means) * np.sqrt(np.maximum(2 * (gain - loss), 0.0))
