"""How many odd inputs a property gets: 20 times more with --hypothesis-profile=long."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

LONG, TIMES = "long", 20
UNHURRIED = "unhurried"


def register() -> None:
    """Let pytest know the profiles, before it reads its arguments. None has a time limit."""
    settings.register_profile(LONG, deadline=None, print_blob=True)
    if settings.get_current_profile_name() == "default":
        settings.register_profile(UNHURRIED, deadline=None)
        settings.load_profile(UNHURRIED)


def examples(count: int) -> settings:
    """Settings for a property without a time limit, whose examples all share one store."""
    is_long = settings.get_current_profile_name() == LONG
    unhurried = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(
        max_examples=count * TIMES if is_long else count,
        deadline=None,
        print_blob=True,
        suppress_health_check=unhurried,
    )
