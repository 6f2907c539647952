"""The generated cases have the figures' shape and break none of time's rules."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from data_sync.demo import photos
from data_sync.demo.figures import Figures
from data_sync.demo.generate import REPEAT_DAYS, generate_cases, list_services
from data_sync.demo.times import CITY_ZONE, Clock, months_before
from data_sync.desk.records import DeskCase
from tests.demo.conftest import CITY_NOON


def share(cases: list[DeskCase], is_so) -> float:
    return sum(bool(is_so(case)) for case in cases) / len(cases)


def local(moment: datetime) -> datetime:
    return moment.astimezone(CITY_ZONE)


def test_same_minute_and_seed_give_the_same_cases(figures: Figures):
    first, second, third = (
        list(generate_cases(figures, now=now, count=300, seed=seed))
        for now, seed in ((CITY_NOON, 1), (CITY_NOON + timedelta(seconds=59), 1), (CITY_NOON, 2))
    )
    assert first == second != third


def test_as_many_as_asked_for_oldest_first_each_with_its_own_id(city: list[DeskCase]):
    assert len(city) == len({case.request_id for case in city}) == 20_000
    assert all(one.requested_at <= other.requested_at for one, other in pairwise(city))
    assert city[0].request_id == "25-00000001"


def test_no_cases_are_no_cases(figures: Figures):
    assert list(generate_cases(figures, now=CITY_NOON, count=0)) == []


def test_nothing_is_in_the_future_and_nothing_before_the_eighteen_months(city: list[DeskCase]):
    assert max(case.updated_at for case in city) <= CITY_NOON
    assert min(case.requested_at for case in city) >= datetime(
        2025, 5, 23, 4, 0, tzinfo=UTC
    )  # midnight in Boston, in summer
    assert months_before(CITY_NOON, 18) == datetime(2025, 5, 23, 4, 0, tzinfo=UTC)


def test_closed_is_never_before_opened_and_updated_never_before_either(city: list[DeskCase]):
    for case in city:
        assert case.updated_at >= (case.closed_at or case.requested_at) >= case.requested_at
        assert (
            (case.closed_at is not None) == (case.status == "closed") == bool(case.closure_reason)
        )
        assert case.expected_at is None or case.expected_at > case.requested_at


def test_types_come_in_the_measured_shares(figures: Figures, city: list[DeskCase]):
    counts = Counter(case.service_code for case in city)
    for service in figures.services:
        spread = (service.share * (1 - service.share) / len(city)) ** 0.5
        assert counts[service.code] / len(city) == pytest.approx(service.share, abs=4.5 * spread)


def test_channels_come_in_the_measured_shares(figures: Figures, city: list[DeskCase]):
    counts = Counter(case.channel for case in city)
    expected = sum(service.share * service.channel_shares for service in figures.services)
    assert [counts[channel] / len(city) for channel in figures.channels] == pytest.approx(
        list(expected), abs=0.015
    )


def test_hours_of_the_week_are_the_measured_ones(figures: Figures, city: list[DeskCase]):
    hours = np.bincount(
        [local(case.requested_at).weekday() * 24 + local(case.requested_at).hour for case in city],
        minlength=168,
    )
    measured = figures.opening_hours[""]
    assert np.corrcoef(hours, measured)[0, 1] > 0.97
    assert hours[:120].sum() / len(city) == pytest.approx(measured[:120].sum(), abs=0.015)


def test_typical_days_to_close_follow_the_measured_curve(figures: Figures, city: list[DeskCase]):
    by_code = {service.code: service for service in figures.services}
    for code in ("street-light-out", "missed-trash-or-recycling", "recycling-cart"):
        old = [
            case
            for case in city
            if case.service_code == code and case.requested_at < CITY_NOON - timedelta(days=200)
        ]
        hours = [
            (case.closed_at - case.requested_at).total_seconds() / 3_600
            if case.closed_at
            else float("inf")
            for case in old
        ]
        measured = float(by_code[code].hours_to_close(np.array([0.5]))[0])
        assert statistics.median(hours) == pytest.approx(measured, rel=0.3, abs=8)


def test_share_that_never_closes_stays_open(figures: Figures):
    living = next(service for service in figures.services if service.name == "Living Conditions")
    hours = living.hours_to_close(np.linspace(0, 0.9999, 1_000))
    assert np.isinf(hours).mean() == pytest.approx(1 - living.closes, abs=0.002)
    assert living.closed_share(hours[np.isfinite(hours)][[10, 400]]) == pytest.approx(
        [10 / 1_000, 400 / 1_000], abs=0.01
    )


def test_staff_close_by_day(city: list[DeskCase]):
    slow = [
        case
        for case in city
        if case.closed_at and case.closed_at - case.requested_at > timedelta(days=5)
    ]
    assert share(slow, lambda case: 6 <= local(case.closed_at).hour < 19) > 0.85
    assert share(slow, lambda case: local(case.closed_at).weekday() >= 5) < 0.1


def test_spring_hour_that_does_not_exist_has_no_case_and_the_autumn_hour_counts_twice():
    spring = Clock.between(
        int(datetime(2026, 3, 8, 5, 0, tzinfo=UTC).timestamp()),
        int(datetime(2026, 3, 9, 4, 0, tzinfo=UTC).timestamp()),
    )
    assert [int(hour) - 144 for hour in spring.week_hour] == [0, 1, *range(3, 24)]
    autumn = Clock.between(
        int(datetime(2026, 11, 1, 4, 0, tzinfo=UTC).timestamp()),
        int(datetime(2026, 11, 2, 5, 0, tzinfo=UTC).timestamp()),
    )
    assert [int(hour) - 144 for hour in autumn.week_hour] == [0, 1, 1, *range(2, 24)]


def test_span_that_begins_and_ends_within_an_hour_draws_only_there():
    start = int(datetime(2026, 11, 23, 15, 20, tzinfo=UTC).timestamp())
    clock = Clock.between(start, start + 600)
    assert clock.parts == pytest.approx([600 / 3_600])
    moments = clock.draw(np.ones(1), 1_000, np.random.default_rng(1))
    assert start <= moments.min() and moments.max() < start + 600


def test_about_eight_of_a_hundred_have_no_place_and_then_no_address(city: list[DeskCase]):
    assert share(city, lambda case: case.lat is None) == pytest.approx(0.0815, abs=0.01)
    assert all((case.lat is None) == (case.lon is None) == (case.address == "") for case in city)


def test_photos_are_where_they_were_promised_and_all_of_them_are_drawn(city: list[DeskCase]):
    assert share(city, lambda case: case.media_url) == pytest.approx(0.35, abs=0.02)
    closed = [case for case in city if case.status == "closed"]
    assert share(closed, lambda case: case.closed_media_url) == pytest.approx(0.08, abs=0.01)
    drawn = {
        f"photos/{name}"
        for scene in photos.SCENES
        for after in (False, True)
        for name in photos.list_names(scene, after=after)
    }
    assert {url for case in city for url in (case.media_url, case.closed_media_url) if url} <= drawn


def test_some_places_are_reported_again_within_weeks(city: list[DeskCase]):
    last: dict[tuple[str, str], datetime] = {}
    again = 0
    for case in city:
        if case.address:
            before = last.get((case.service_code, case.address))
            again += before is not None and case.requested_at - before <= timedelta(
                days=REPEAT_DAYS
            )
            last[(case.service_code, case.address)] = case.requested_at
    assert again / len(city) > 0.01


def test_messy_truths_are_there_and_rare(figures: Figures, city: list[DeskCase]):
    with_target = {service.code for service in figures.services if service.sla_hours}
    typed = [case for case in city if case.service_code in with_target]
    assert 0.03 < share(typed, lambda case: case.expected_at is None) < 0.05
    assert 0 < share(city, lambda case: not case.is_public) < 0.04
    reasons = [case.closure_reason for case in city if case.closure_reason]
    assert (
        0.01
        < sum("555-01" in reason or "@example.org" in reason for reason in reasons) / len(reasons)
        < 0.03
    )


def test_complaint_about_a_person_is_never_public(city: list[DeskCase]):
    about_people = [case for case in city if case.service_code == "comment-about-an-employee"]
    assert about_people and not any(case.is_public for case in about_people)


def test_queue_of_a_road_case_is_the_district_of_its_place(city: list[DeskCase]):
    roxbury = [
        case
        for case in city
        if case.service_code == "pothole" and case.address.endswith(", Roxbury")
    ]
    assert {case.queue for case in roxbury} == {"District 10B: Roxbury"}


def test_one_house_has_one_point(city: list[DeskCase]):
    points: dict[str, set[tuple[float | None, float | None]]] = {}
    for case in city:
        points.setdefault(case.address, set()).add((case.lat, case.lon))
    points.pop("")
    assert (
        sum(len(places) > 1 for places in points.values()) / len(points) < 0.02
    )  # a street's name may come twice in a large neighborhood


def test_services_offer_what_cases_use(figures: Figures, city: list[DeskCase]):
    offered = list_services(figures)
    assert len({service.service_code for service in offered}) == len(offered) == 62
    assert {case.service_code for case in city} <= {service.service_code for service in offered}
    assert all("{" not in service.queue and service.description for service in offered)
