"""By which key a work-order system knows us."""

from __future__ import annotations

from data_sync.dispatch.adapters import api_key_for
from portal.domain.route_rules import System
from portal.settings import Settings

DESK = System("ours", "open311", "desk", can_look_up=True)
OTHER = System("works", "open311", "https://311.example/v2", can_look_up=True)


def test_the_built_in_desk_s_key_goes_to_no_other_system(tmp_path):
    """Private cases were asked for with it at any system whose own key was not set."""
    settings = Settings(data_dir=tmp_path, system_keys="")
    assert len(api_key_for(settings, DESK)) >= 32
    assert api_key_for(settings, OTHER) == ""


def test_a_key_that_is_set_is_the_one(tmp_path):
    settings = Settings(data_dir=tmp_path, system_keys="works=abc, ours=def")
    assert (api_key_for(settings, OTHER), api_key_for(settings, DESK)) == ("abc", "def")
