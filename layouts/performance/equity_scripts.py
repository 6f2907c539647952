"""Twelve lines that make the page's models again from its file, in Python and in R."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.domain.demographics import AMOUNTS

_PYTHON = """\
import numpy as np, pandas as pd, statsmodels.api as sm
frame = pd.read_csv("{file}", dtype={{"tract": str}})
tracts = frame[frame.{sample} == 1]
columns = tracts[{shares}] * 10
for amount in {amounts}:
    columns[amount] = np.log(tracts[amount])
columns = sm.add_constant(columns - columns.mean())
for channel in {channels}:
    model = sm.NegativeBinomial(tracts[channel], columns, offset=np.log(tracts.population))
    fit = model.fit(maxiter=300, disp=0, cov_type="HC1")
    ratios = fit.conf_int().set_axis(["low", "high"], axis=1).assign(ratio=fit.params)
    print(channel, fit.params["alpha"], np.exp(ratios).round(4)[1:-1], sep="\\n")
"""
_R = """\
library(MASS); library(sandwich)
frame <- read.csv("{file}", colClasses = c(tract = "character"))
tracts <- subset(frame, {sample} == 1)
for (share in {shares}) tracts[[share]] <- tracts[[share]] * 10
for (amount in {amounts}) tracts[[amount]] <- log(tracts[[amount]])
terms <- c({measures}, "offset(log(population))")
for (channel in {channels}) {{
  fit <- glm.nb(reformulate(terms, channel), data = tracts)
  b <- coef(fit); error <- sqrt(diag(vcovHC(fit, type = "HC1")))
  print(c(channel = channel, alpha = 1 / fit$theta))
  print(exp(cbind(ratio = b, low = b - 1.96 * error, high = b + 1.96 * error)))
}}
"""


@dataclass(frozen=True)
class ModelNames:
    """What a script reads: its file, and the names of columns in it."""

    file: str
    sample: str
    measures: Sequence[str]
    channels: Sequence[str]


def write_python(names: ModelNames) -> str:
    """The script in Python, with pandas and statsmodels."""
    shares, amounts = _split(names.measures)
    return _PYTHON.format(
        file=names.file,
        sample=names.sample,
        shares=_list_python(shares),
        amounts=_list_python(amounts),
        channels=_list_python(names.channels),
    )


def write_r(names: ModelNames) -> str:
    """The script in R, with MASS and sandwich."""
    shares, amounts = _split(names.measures)
    return _R.format(
        file=names.file,
        sample=names.sample,
        shares=_list_r(shares),
        amounts=_list_r(amounts),
        measures=_quote(names.measures),
        channels=_list_r(names.channels),
    )


def _split(measures: Sequence[str]) -> tuple[list[str], list[str]]:
    return [m for m in measures if m not in AMOUNTS], [m for m in measures if m in AMOUNTS]


def _quote(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _list_python(names: Sequence[str]) -> str:
    return f"[{_quote(names)}]"


def _list_r(names: Sequence[str]) -> str:
    return f"c({_quote(names)})"
