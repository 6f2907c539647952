"""A desk listens on this machine, or at one address in a private network; nowhere else."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from data_sync.desk.place import DeskPlace, find_place, require_safe_pages
from data_sync.desk.town import _find_key
from portal.cli.serve import Supervisor
from portal.errors import SettingsError
from portal.network.inside import read_network
from portal.settings import Settings
from tests.support.desks import DESK_URL, desk_app, desk_with, potholes

TOWN = read_network("172.20.0.0/16")


def place_of(host: str, *addresses: str, network=TOWN) -> DeskPlace:
    return find_place(host, network, lambda *_: list(addresses))


def test_a_desk_is_on_this_machine_unless_a_network_is_named():
    here = place_of("127.0.0.1", "127.0.0.1", network=None)
    assert (here.bind(8060), here.url(8060)) == ("127.0.0.1:8060", "http://127.0.0.1:8060")
    there = place_of("desk", "10.9.0.2", "172.20.0.3")
    assert (there.bind(8060), there.url(8060)) == ("172.20.0.3:8060", "http://desk:8060")
    six = place_of("fd00::2", "fd00::2", network=read_network("fd00::/64"))
    assert (six.bind(8060), six.url(8060)) == ("[fd00::2]:8060", "http://[fd00::2]:8060")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "0.0.0.0"),
        ("::", "::"),
        ("desk", "203.0.113.9"),
        ("desk", "172.21.0.3"),
        ("desk", "169.254.169.254"),
        ("desk", "127.0.0.1"),
        ("localhost", "172.20.0.3"),
    ],
)
def test_a_desk_that_others_could_reach_does_not_start(host, address):
    with pytest.raises(SettingsError, match="PORTAL_DESK_HOST"):
        place_of(host, address)


def test_a_name_without_an_address_is_said():
    def fail(*_) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(SettingsError, match="desk has no address: no such name"):
        find_place("desk", TOWN, fail)


def test_staff_s_passwords_cross_no_network_as_plain_text():
    there, here = DeskPlace("desk", "172.20.0.3"), DeskPlace("127.0.0.1", "127.0.0.1")
    require_safe_pages(here, "http://127.0.0.1:8060")
    require_safe_pages(there, "https://desk.example.gov")
    require_safe_pages(there, "http://127.0.0.1:8060")
    for url in ("http://desk:8060", "http://172.20.0.3:8060", "http://localhost.example"):
        with pytest.raises(SettingsError, match="plain text"):
            require_safe_pages(there, url)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"desk_network": "8.8.8.0/24"}, "PORTAL_DESK_NETWORK: 8.8.8.0/24 is not private"),
        ({"desk_host": "desk"}, "PORTAL_DESK_HOST names desk, which is not this machine"),
        ({"desk_url": "http://desk:8060"}, "PORTAL_DESK_URL names desk, which is not this machine"),
        ({"desk_url": "https://desk.example"}, "PORTAL_DESK_URL is 'https://desk.example'"),
        ({"desk_url": "http://a:b@desk"}, "PORTAL_DESK_URL is"),
    ],
)
def test_settings_that_lead_out_of_the_network_are_refused_with_a_sentence(values, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Settings(**values)
    assert Settings(desk_url="http://127.0.0.1:8060/").desk_url == "http://127.0.0.1:8060"


def test_a_run_starts_no_desk_where_one_runs_by_itself(tmp_path, monkeypatch):
    settings = Settings(
        data_dir=tmp_path, desk_network="172.20.0.0/16", desk_url="http://desk:8060"
    )
    supervisor = Supervisor(settings)
    supervisor._town = "mytown"
    assert supervisor._desk_url == "http://desk:8060"
    own = Supervisor(settings.model_copy(update={"desk_url": "", "desk_port": 8061}))
    own._town = "mytown"
    assert own._desk_url == "http://127.0.0.1:8061"


def test_desk_and_portal_on_two_machines_have_their_key_from_the_settings(tmp_path):
    assert _find_key(Settings(system_keys="yard=1,desk=hush"), tmp_path) == "hush"
    own = _find_key(Settings(), tmp_path)
    assert own == (tmp_path / "desk-key").read_text()


def test_other_systems_are_given_the_address_that_they_ask_and_not_the_staff_s(tmp_path):
    with desk_with(tmp_path, [potholes("hole")]) as desk:
        address = {"public_url": "https://desk.example"}
        app = desk_app(desk, tmp_path, lambda: None, **address)  # pyright: ignore
        page = app.test_client().get("/open311/v2/discovery.json").get_data(as_text=True)
        assert "https://desk.example/open311" in page
    assert DESK_URL not in page
