"""Who is heard: what models of requests by channel and tract say, what they cannot, and how to
check them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from dash import html

from layouts.performance.equity_dots import draw_ratio
from layouts.performance.equity_words import (
    describe_other_sample,
    describe_ratio,
    measure_names,
    outcome_words,
    sample_word,
    write_interval,
    write_ratio,
)
from layouts.shared import formats
from layouts.shared.components import counting_link, moment_tag, notice, table
from layouts.shared.document import Page
from layouts.shared.language import _, ngettext, weave
from portal.domain.equity import (
    ChannelFit,
    Equity,
    MeasureRatio,
    Outcome,
    Sample,
    SampleFit,
)
from portal.domain.jurisdiction import Jurisdiction

PATH = "/performance/equity"
CSV, PYTHON, R = f"{PATH}.csv", f"{PATH}.py", f"{PATH}.R"
BY_CHANCE = 0.05


def equity_page(city: Jurisdiction, equity: Equity, now: int) -> Page:
    """Sentences first, then the tables. `now` is in epoch seconds."""
    first = equity.samples[0]
    names = {channel.slug: channel.name for channel in equity.frame.channels}
    others = equity.samples[1:]
    return _page(
        city,
        [
            *_lead(city, equity, now),
            html.H2(_("What stands out")),
            *_findings(first, others, names),
            *_explanation(first),
            *(part for fit in first.fits for part in _channel(first, fit, others, names)),
            *_contrasts(first, names),
            *_left_out(city, equity),
            *_check_it(),
        ],
    )


def unknown_equity_page(city: Jurisdiction, *, is_coming: bool) -> Page:
    """For a city of which it is not known who lives where; or where the worker is about to say."""
    said = (
        _("This page is being made. Come back in a few minutes.")
        if is_coming
        else _(
            "We do not know who lives in the census tracts of {city}, so we cannot say who is heard"
            " here.",
            city=city.name,
        )
    )
    return _page(city, [html.H1(_heading(city), tabIndex="-1"), _label(), notice(said)])


def _page(city: Jurisdiction, body: list[Any]) -> Page:
    return Page(
        title=f"{_heading(city)} · Citizens Connect",
        description=_(
            "Requests to {city} by channel and census tract, against who lives there: ratios with"
            " their intervals, what is left out, and the data to check them.",
            city=city.name,
        ),
        body=[_back(city), *body],
        path=PATH,
    )


def _back(city: Jurisdiction) -> html.P:
    words = _("How {city} responds", city=city.name)
    return html.P(html.A(words, href="/performance"), className="back")


def _heading(city: Jurisdiction) -> str:
    return _("Who is heard in {city}?", city=city.name)


def _label() -> html.Div:
    """Always there, and before any number."""
    return notice(
        html.Strong(_("This is reporting, not need.")),
        _(
            "Few requests from a place can mean few problems, or many that nobody reports. These"
            " numbers cannot tell which, and they are about places, not about people."
        ),
        kind="warning",
    )


def _lead(city: Jurisdiction, equity: Equity, now: int) -> list[Any]:
    frame = equity.frame
    parts: list[Any] = [html.H1(_heading(city), tabIndex="-1"), _label()]
    if not frame.first_day:
        return parts
    sentence = ngettext(
        "{n} request by residents from {first} to {last}, compared with who lives in each census"
        " tract. As of {moment}.",
        "{n} requests by residents from {first} to {last}, compared with who lives in each census"
        " tract. As of {moment}.",
        frame.counts.counted,
        first=_day(frame.first_day),
        last=_day(frame.last_day),
        moment="{moment}",
    )
    moment = moment_tag(equity.as_of, city.zone, now)
    lead = html.P(weave(sentence, moment=moment), className="lead")
    return [*parts, lead, html.P(counting_link("who-is-heard"))]


def _day(written: str) -> str:
    return formats.calendar_day(date.fromisoformat(written))


# What stands out


def _findings(
    first: SampleFit, others: tuple[SampleFit, ...], names: dict[str, str]
) -> Iterator[Any]:
    fitted = [fit for fit in first.fits if fit.outcome == Outcome.FITTED]
    if not fitted:
        yield html.P(outcome_words()[first.stacked.outcome])
        return
    found = [
        html.Li(_finding(fit, ratio, others, names[fit.channel]))
        for fit in fitted
        for ratio in fit.ratios
        if ratio.is_clear()
    ]
    if not found:
        yield html.P(_("No difference can be told from chance."))
        return
    yield html.P(
        _(
            "In the {tracts}, each with all the other measures held equal. Both intervals leave out"
            " “no difference”.",
            tracts=sample_word(first.sample),
        )
    )
    yield html.Ul(found, className="bullets")
    yield from _say_alarms(first, sum(len(fit.ratios) for fit in fitted))


def _say_alarms(first: SampleFit, tried: int) -> Iterator[Any]:
    """How many of the ratios would stand out by chance."""
    if first.alarm_share is None:
        return
    yield html.P(
        _(
            "{tried} ratios were looked at. If nothing made a difference, about {chance} of them"
            " would still stand out: we drew such requests at random and modeled them the same way."
            " Where neighboring tracts are alike, it can be more.",
            tried=tried,
            chance=f"{tried * first.alarm_share:.1f}",
        )
    )


def _finding(
    fit: ChannelFit, ratio: MeasureRatio, others: tuple[SampleFit, ...], channel: str
) -> str:
    sentences = [describe_ratio(ratio, channel)]
    for other in others:
        same = _find_ratio(other, fit.channel, ratio.measure)
        sentences.append(describe_other_sample(same, ratio, other.sample))
    return " ".join(filter(None, sentences))


def _find_ratio(sample: SampleFit, channel: str, measure: str) -> MeasureRatio | None:
    return next(
        (
            ratio
            for fit in sample.fits
            if fit.channel == channel
            for ratio in fit.ratios
            if ratio.measure == measure
        ),
        None,
    )


# A channel


def _explanation(first: SampleFit) -> Iterator[Any]:
    """How to read the tables, where there are any."""
    if all(fit.outcome != Outcome.FITTED for fit in first.fits):
        return
    yield html.H2(_("By channel"))
    yield html.P(
        _(
            "Each row: how many times as many requests per resident come from tracts where the"
            " share is 10 points larger, or income or density is doubled. A full dot stands out."
        )
    )


def _channel(
    first: SampleFit, fit: ChannelFit, others: tuple[SampleFit, ...], names: dict[str, str]
) -> Iterator[Any]:
    name = names[fit.channel]
    yield html.H3(name)
    if fit.outcome != Outcome.FITTED:
        yield html.P(outcome_words()[fit.outcome])
        return
    sentence = ngettext(
        "{n} request from {tracts} {kind}.",
        "{n} requests from {tracts} {kind}.",
        fit.cases,
        tracts=formats.number(first.tracts),
        kind=sample_word(first.sample),
    )
    yield html.P(sentence)
    yield _ratios(fit, others, name)
    yield html.Ul([html.Li(sentence) for sentence in _doubts(fit)], className="bullets")


def _ratios(fit: ChannelFit, others: tuple[SampleFit, ...], name: str) -> html.Div:
    heads = [
        _("More of"),
        _("Times as many"),
        _("On a scale from half to twice"),
        _("95% interval"),
        _("Interval by neighborhood"),
        _("Without five tracts"),
        *(_("In {tracts}", tracts=sample_word(other.sample)) for other in others),
    ]
    names_of = measure_names()
    rows = [
        [
            names_of[ratio.measure],
            write_ratio(ratio.shown()[0]),
            draw_ratio(*ratio.shown(), is_clear=ratio.is_clear()),
            *_other_numbers(fit, ratio, others),
        ]
        for ratio in fit.ratios
    ]
    caption = _("Requests per resident by {channel}", channel=name)
    return table(caption, heads, rows, numeric=frozenset({1, *range(3, len(heads))}))


def _other_numbers(
    fit: ChannelFit, ratio: MeasureRatio, others: tuple[SampleFit, ...]
) -> Iterator[str]:
    yield write_interval(ratio.shown()[1])
    yield write_interval(ratio.shown_by_neighborhood())
    without = ratio.shown_without_largest()
    yield "–" if without is None else write_ratio(without)
    for other in others:
        same = _find_ratio(other, fit.channel, ratio.measure)
        if same is None:
            yield "–"
        else:
            shown, interval = same.shown()
            yield f"{write_ratio(shown)} ({write_interval(interval)})"


def _doubts(fit: ChannelFit) -> Iterator[str]:
    """What to know before one of the numbers is repeated."""
    if fit.largest_share is not None:
        yield _(
            "The five tracts with the most requests have {share}% of them; the table also has the"
            " ratios without those.",
            share=round(fit.largest_share * 100),
        )
    if fit.dispersion is not None:
        yield _(
            "Tracts with the same measures differ by about {percent}% in their requests"
            " (dispersion {alpha}).",
            percent=round(fit.dispersion**0.5 * 100),
            alpha=f"{fit.dispersion:.3f}",
        )
    if fit.moran is not None and fit.moran_p is not None:
        yield _moran(fit.moran, fit.moran_p)


def _moran(moran: float, p: float) -> str:
    numbers = {"i": f"{moran:.2f}", "p": f"{p:.3f}"}
    if p < BY_CHANCE and moran > 0:
        return _(
            "What the measures leave unexplained is alike in neighboring tracts (Moran’s I {i},"
            " p {p}): something else that they share plays a part, and the intervals are too"
            " narrow.",
            **numbers,
        )
    return _(
        "What the measures leave unexplained is not more alike in neighboring tracts than by"
        " chance (Moran’s I {i}, p {p}).",
        **numbers,
    )


# All channels together


def _contrasts(first: SampleFit, names: dict[str, str]) -> Iterator[Any]:
    stacked = first.stacked
    yield html.H2(_("Do the channels differ?"))
    if stacked.outcome != Outcome.FITTED:
        yield html.P(outcome_words()[stacked.outcome])
        return
    reference = names[stacked.reference]
    yield html.P(
        _(
            "One model of all channels: how many times as large each ratio is as by {reference}."
            " Above 1, the tract is heard more by this channel than by {reference}.",
            reference=reference,
        )
    )
    names_of = measure_names()
    heads = [_("Channel"), _("More of"), _("Times as large"), _("95% interval")]
    rows = [
        [
            names[one.channel],
            names_of[one.measure],
            write_ratio(one.shown()[0]),
            write_interval(one.shown()[1]),
        ]
        for one in stacked.contrasts
    ]
    caption = _("Ratios of each channel against {reference}", reference=reference)
    yield table(caption, heads, rows, numeric=frozenset({2, 3}))


# What is counted


def _left_out(city: Jurisdiction, equity: Equity) -> Iterator[Any]:
    counts = equity.frame.counts
    yield html.H2(_("What is counted, and what is left out"))
    rows = [
        [_("All cases of these days"), formats.number(counts.all_cases)],
        [
            _("Without a location, or on a pin that means none"),
            formats.number(counts.without_location),
        ],
        [_("In no census tract"), formats.number(counts.in_no_tract)],
        [_("Made by the city’s staff, or by an unknown channel"), formats.number(counts.by_staff)],
        [_("Counted here"), formats.number(counts.counted)],
    ]
    yield table(_("Where the cases went"), [_("Cases"), _("Number")], rows, numeric=frozenset({1}))
    if city.staff_channels:
        named = formats.join_words(list(city.staff_channels))
        yield html.P(_("Channels of the city’s staff: {channels}.", channels=named))
    yield html.Ul(
        [html.Li(_describe_sample(sample)) for sample in equity.samples], className="bullets"
    )
    if city.demographics:
        yield html.P(_("Who lives where: {source}.", source=city.demographics.source))
    yield html.P(
        _(
            "Hispanic residents are of any race, so these shares overlap. Each model is a negative"
            " binomial with the number of residents as offset; intervals are with robust errors"
            " (HC1), and with errors clustered by neighborhood."
        )
    )


def _describe_sample(sample: SampleFit) -> str:
    numbers = {
        "n": formats.number(sample.tracts),
        "missing": formats.number(sample.without_measures),
        "out": formats.number(sample.left_out),
    }
    if sample.sample == Sample.RESIDENTIAL:
        return _(
            "Residential tracts: {n}. Left out: {out} tracts of another kind, and {missing} of"
            " which something is not known.",
            **numbers,
        )
    return _(
        "Tracts with 500 residents or more: {n}. Left out: {out} with fewer, and {missing} of"
        " which something is not known.",
        **numbers,
    )


def _check_it() -> list[Any]:
    links = [
        html.A(_("The data of the models (CSV)"), href=CSV, download=""),
        html.A(_("Make them again in Python"), href=PYTHON),
        html.A(_("Make them again in R"), href=R),
    ]
    return [
        html.H2(_("Check it yourself")),
        html.P(
            _(
                "The file has a row for each tract: who lives there, and its requests by channel."
                " The scripts are a dozen lines each."
            )
        ),
        html.Ul([html.Li(link) for link in links], className="plain-list"),
    ]
