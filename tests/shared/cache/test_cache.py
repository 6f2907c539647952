"""What is kept of answers: bounded by bytes, sealed, and never in the way when the server is."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import redis
from flask import Flask

from portal import metrics
from portal.cache import redis_cache
from portal.cache.answer_store import AnswerStore, estimate_bytes
from portal.cache.breaker import Breaker
from portal.cache.namespace import name_program, name_store
from portal.cache.redis_cache import RedisCache
from portal.cache.sealing import Sealer
from portal.cache.setup import cache_config, open_shared_answers
from portal.cache.shared import MemoryBytes, Question, SharedAnswers
from portal.domain.filters import CaseFilter
from portal.settings import Settings
from tests.support.redis import CacheServer

ROOT = Path(__file__).resolve().parents[3]
WAIT_SECONDS = 30
QUESTION = Question("page", "boston", "/cases", (3, 3, 7), ("status=open", "en", 60))


@pytest.fixture
def patient(monkeypatch):
    """A busy machine may take its time: only tests of a server that is down hurry."""
    monkeypatch.setattr(redis_cache, "ANSWER_SECONDS", WAIT_SECONDS)


@pytest.fixture
def settings(cache_server: CacheServer, tmp_path: Path) -> Settings:
    return Settings(cache_url=cache_server.url, secret_key="test", data_dir=tmp_path / "var")


def open_cache(settings: Settings) -> SharedAnswers:
    """The shared answers of one more process, with a memory of its own."""
    return open_shared_answers(Flask("portal"), settings, AnswerStore(1 << 20))


def wait_until(is_so) -> None:
    ends_at = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < ends_at, "it did not happen"
        time.sleep(0.01)


def test_all_parts_of_a_store_share_its_one_bound():
    store = AnswerStore(max_bytes=10_000)
    for number in range(50):
        store.part("pages").keep(number, b"x" * 1_000)
        store.part("stale").keep(number, b"y" * 1_000)
    assert 8_000 < store.used_bytes <= 10_000
    assert store.part("stale").get(49) == b"y" * 1_000
    assert store.part("pages").get(0) is None


def test_an_answer_larger_than_the_store_pushes_nothing_else_out():
    store = AnswerStore(max_bytes=1_000)
    store.keep("small", "x")
    store.keep("large", "x" * 2_000)
    assert (store.get("small"), store.get("large")) == ("x", None)


def test_a_key_counts_with_every_part_that_a_visitor_can_make_long():
    assert estimate_bytes(("host", "/", "q=1", "en", "br", "x" * 8_000)) > 8_000


def read_count(name: str, outcome: str) -> float:
    return metrics.CACHE_REQUESTS.labels(name, outcome)._value.get()


def test_hits_and_misses_are_counted_by_kind(portal, city):
    kinds = (("page", "hit"), ("page", "miss"), ("answers", "hit"), ("answers", "miss"))
    before = [read_count(*kind) for kind in kinds]
    for _ in range(3):
        portal.shared.get_or_make(QUESTION, lambda: b"body", 60)
        portal.cached(lambda _connection, _city_id: 1, city.id)
    after = [read_count(*kind) for kind in kinds]
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1, 2, 1]


def test_bytes_in_memory_end_with_their_time():
    now = [0.0]
    memory = MemoryBytes(AnswerStore(10_000), clock=lambda: now[0])
    memory.set("key", b"body", 60)
    assert memory.get("key") == b"body"
    now[0] = 60.0
    assert memory.get("key") is None


def test_a_key_names_city_route_and_everything_the_answer_depends_on():
    shared = SharedAnswers(MemoryBytes(AnswerStore(1_000)), "portal-1")
    key = shared.key_of(QUESTION)
    assert key is not None
    assert key.startswith("portal-1:boston:page:/cases:")
    others = [
        Question("tile", "boston", "/cases", (3, 3, 7), ("status=open", "en", 60)),
        Question("page", "nyc", "/cases", (3, 3, 7), ("status=open", "en", 60)),
        Question("page", "boston", "/", (3, 3, 7), ("status=open", "en", 60)),
        Question("page", "boston", "/cases", (4, 3, 7), ("status=open", "en", 60)),
        Question("page", "boston", "/cases", (3, 3, 7), ("status=closed", "en", 60)),
        Question("page", "boston", "/cases", (3, 3, 7), ("status=open", "es", 60)),
        Question("page", "boston", "/cases", (3, 3, 7), ("status=open", "en", 120)),
    ]
    assert len({key, *map(shared.key_of, others)}) == 8


def test_a_question_about_an_object_without_a_name_is_not_kept():
    shared = SharedAnswers(MemoryBytes(AnswerStore(10_000)), "portal-1")
    question = Question("page", "boston", "/", 1, (object(),))
    shared.keep(question, b"body", 60)
    assert shared.get(question) is None


def test_a_key_is_the_same_in_every_process():
    script = (
        "from zoneinfo import ZoneInfo\n"
        "from portal.cache.shared import *\n"
        "from portal.domain.filters import CaseFilter\n"
        "f = CaseFilter.from_query_string('status=open&service=a,b&q=x&bbox=-71.1,42.3,-71,42.4')\n"
        "q = Question('tile', 'c', 'f', 1, (f, ZoneInfo('America/New_York')))\n"
        "print(SharedAnswers(None, 'n').key_of(q))\n"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    case_filter = CaseFilter.from_query_string(
        "status=open&service=a,b&q=x&bbox=-71.1,42.3,-71,42.4"
    )
    here = Question("tile", "c", "f", 1, (case_filter, ZoneInfo("America/New_York")))
    assert keys == {f"{SharedAnswers(MemoryBytes(AnswerStore(1)), 'n').key_of(here)}\n"}


@pytest.mark.parametrize("url", ["", "redis://127.0.0.1:9"])
def test_the_configured_backend_has_no_serializer_and_is_ours(url, tmp_path):
    settings = Settings(cache_url=url, secret_key="test", data_dir=tmp_path)
    config = cache_config(settings, AnswerStore(1_000))
    assert config["CACHE_SERIALIZER"] is None
    server = Flask("portal")
    shared = open_shared_answers(server, settings, AnswerStore(1_000))
    (backend,) = server.extensions["cache"].values()
    assert type(backend).__module__.startswith("portal.cache.")
    assert not hasattr(backend, "serializer")
    assert shared.cache.serializer is None  # pyright: ignore[reportAttributeAccessIssue]


def test_settings_name_addresses_a_client_understands():
    for url in ("redis://u:p@h:1/2", "rediss://h", "valkey://h", "valkeys://h", "unix:///s?db=1"):
        assert redis_cache.connect(Settings(cache_url=url).cache_url)


@pytest.mark.parametrize(
    "url", ["http://h", "memcached://h", "redis://h?socket_timeout=60", "redis://h?decode=1"]
)
def test_other_addresses_and_options_are_refused_without_repeating_a_password(url):
    with pytest.raises(ValueError, match="PORTAL_CACHE_URL"):
        Settings(cache_url=url)


@pytest.mark.usefixtures("patient")
def test_what_one_process_keeps_another_one_gets(settings):
    one, two = open_cache(settings), open_cache(settings)
    one.keep(QUESTION, b"body", 60)
    assert two.get(QUESTION) == b"body"


@pytest.mark.usefixtures("patient")
def test_everything_on_the_server_is_sealed_bytes_and_ends(settings, cache_server):
    open_cache(settings).keep(QUESTION, b"body", 60)
    with redis.Redis(port=cache_server.port) as client:
        (key,) = client.keys("*")
        assert client.get(key).startswith(b"portal1\n")
        assert 0 < client.ttl(key) <= 60


class RunsACommand:
    def __reduce__(self):
        return (pytest.fail, ("a planted value ran",))


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "planted",
    [
        pickle.dumps(RunsACommand()),
        b"!" + pickle.dumps(RunsACommand()),
        b"",
        b"portal1\n",
        b"portal1\n" + b"0" * 16 + b"<script>",
        b"\xff" * 100,
    ],
)
def test_a_planted_value_runs_nothing_and_counts_as_not_found(settings, cache_server, planted):
    shared = open_cache(settings)
    key = shared.key_of(QUESTION)
    with redis.Redis(port=cache_server.port) as client:
        client.set(key, planted)
    assert shared.get(QUESTION) is None


@pytest.mark.usefixtures("patient")
def test_a_value_cut_short_swapped_or_of_another_type_counts_as_not_found(settings, cache_server):
    other = Question("page", "nyc", "/", 1, ())
    writer, reader = open_cache(settings), open_cache(settings)
    writer.keep(QUESTION, b"body" * 100, 60)
    with redis.Redis(port=cache_server.port) as client:
        sealed = client.get(writer.key_of(QUESTION))
        client.set(writer.key_of(other), sealed)
        assert reader.get(other) is None
        client.set(writer.key_of(QUESTION), sealed[:-1])
        assert reader.get(QUESTION) is None
        client.delete(writer.key_of(QUESTION))
        client.rpush(writer.key_of(QUESTION), b"a list")
        assert reader.get(QUESTION) is None
    writer.keep(other, b"fresh", 60)
    assert reader.get(other) == b"fresh"


def test_a_seal_belongs_to_one_secret_and_one_key():
    sealed = Sealer(b"one").seal("key", b"body")
    assert Sealer(b"one").open("key", sealed) == b"body"
    assert Sealer(b"two").open("key", sealed) is None
    assert Sealer(b"one").open("other", sealed) is None
    assert Sealer(b"one").open("key", "text") is None


def test_programs_settings_stores_and_secrets_do_not_mix(tmp_path, monkeypatch):
    def name(**changes) -> str:
        database_url = "postgresql://a:b@db/portal"
        return name_program(
            Settings(**{"database_url": database_url, "secret_key": "k", **changes})
        )

    same = name()
    assert name(database_url="postgresql://c:d@db/portal", cache_mb=64, metrics_port=1) == same
    others = [
        name(secret_key="other"),
        name(database_url="postgresql://a:b@db/other"),
        name(base_url="https://311.example.gov"),
        name(tile_url="none"),
    ]
    monkeypatch.setattr("portal.cache.namespace.ROOT", tmp_path)
    (tmp_path / "app.py").write_text("changed = True\n")
    others.append(name())
    assert len({same, *others}) == len(others) + 1


def test_two_sqlite_stores_never_share(tmp_path):
    assert name_store(Settings(data_dir=tmp_path / "a")) != name_store(
        Settings(data_dir=tmp_path / "b")
    )


def test_a_server_that_is_gone_costs_one_wait_and_is_used_again_when_it_is_back(
    settings, cache_server, monkeypatch
):
    monkeypatch.setattr("portal.cache.breaker.REST_SECONDS", 0.05)
    monkeypatch.setattr(redis_cache, "ANSWER_SECONDS", WAIT_SECONDS)
    backend = backend_of(settings)
    cache_server.stop()
    assert backend.set("a", b"1", 60) is False
    assert backend.get("a") == b"1", "the process's own memory still has it"
    assert backend.get("b") is None
    cache_server.start()
    wait_until(lambda: backend.set("c", b"3", 60))
    assert backend_of(settings).get("c") == b"3"


def backend_of(settings: Settings) -> RedisCache:
    server = Flask("portal")
    open_shared_answers(server, settings, AnswerStore(1 << 20))
    (backend,) = server.extensions["cache"].values()
    return backend


def test_a_server_that_hangs_costs_a_tenth_of_a_second_once(settings, cache_server):
    backend = backend_of(settings)
    backend.get("a")
    errors = read_count("server", "error")
    cache_server.freeze()
    started = time.monotonic()
    for number in range(1_000):
        assert backend.get(f"key {number}") is None
        assert not backend.set(f"key {number}", b"x", 60)
    cache_server.thaw()
    assert read_count("server", "error") - errors > 1_000
    # A thousand waits would take more than three minutes; a few slow tenths are a busy machine.
    assert time.monotonic() - started < 60


def test_a_wrong_password_is_no_error_of_the_page(settings, cache_server):
    url = settings.cache_url.replace("redis://", "redis://nobody:wrong@")
    backend = backend_of(settings.model_copy(update={"cache_url": url}))
    assert backend.get("a") is None
    assert backend.set("a", b"1", 60) is False


def test_only_one_probe_at_a_time_and_never_in_the_callers_thread():
    pings, now = [], [0.0]

    def ping() -> None:
        pings.append(now[0])
        if now[0] < 20:
            raise OSError

    breaker = Breaker("the server", ping, rest_seconds=5, clock=lambda: now[0])
    assert breaker.is_closed()
    breaker.trip(OSError())
    assert not breaker.is_closed()
    assert pings == []
    for moment in (6.0, 20.0):
        now[0] = moment
        assert not breaker.is_closed()
        wait_until(lambda seen=moment: pings and pings[-1] == seen)
    wait_until(breaker.is_closed)
