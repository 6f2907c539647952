"""Puts a web process's shared answers behind Flask-Caching. The only module that imports it.

    shared = open_shared_answers(server, settings, store)

`Cache` is used for `get` and `set` alone. We never put its `@cached` on a view: it would keep
whatever the view said, under the address alone, for the next visitor.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_caching import Cache

from portal.cache.answer_store import AnswerStore
from portal.cache.namespace import name_program
from portal.cache.shared import SharedAnswers
from portal.secrets import derive_key
from portal.settings import Settings

DEFAULT_SECONDS = 300


def open_shared_answers(server: Flask, settings: Settings, store: AnswerStore) -> SharedAnswers:
    """The shared answers of a web process, through one `Cache` on its server."""
    cache = Cache(server, with_jinja2_ext=False, config=cache_config(settings, store))
    # Without a server the keys stay in this process, and need no name.
    namespace = name_program(settings) if settings.cache_url else "here"
    return SharedAnswers(cache, namespace)


def cache_config(settings: Settings, store: AnswerStore) -> dict[str, Any]:
    """Flask-Caching's configuration: our own backends, and no serializer."""
    options: dict[str, Any] = {"store": store}
    backend = "portal.cache.local.LocalCache"
    if settings.cache_url:
        options |= {"url": settings.cache_url, "secret": derive_key(settings, "cache").encode()}
        backend = "portal.cache.redis_cache.RedisCache"
    return {
        "CACHE_TYPE": backend,
        "CACHE_OPTIONS": options,
        "CACHE_DEFAULT_TIMEOUT": DEFAULT_SECONDS,
        "CACHE_SERIALIZER": None,
    }
