"""How many odd inputs a property is tried with: few in every run, 20 times as many with --hypothesis-profile=long."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

LONG, TIMES = "long", 20
settings.register_profile(LONG, deadline=None, print_blob=True)


def examples(count: int) -> settings:
    """Settings for a property that may take as long as the machine is slow, and whose store is the same for all its examples."""
    is_long = settings.get_current_profile_name() == LONG
    unhurried = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(
        max_examples=count * TIMES if is_long else count,
        deadline=None,
        print_blob=True,
        suppress_health_check=unhurried,
    )
