"""Settings: every PORTAL_* variable with its default and its help.

The only module that reads the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from portal import private_files
from portal.errors import SettingsError
from portal.network.inside import Network, is_this_machine, read_network

POSTGRESQL_STARTS = ("postgresql://", "postgresql+psycopg://", "postgres://")
CACHE_SCHEMES = frozenset({"redis", "rediss", "valkey", "valkeys", "unix"})
OPENSTREETMAP_TILES = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"


_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Settings(BaseSettings):
    """The portal's settings: immutable, read once from the environment at start."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", frozen=True, extra="ignore")

    port: int = Field(default=8050, ge=1, le=65535, description="Port the web server listens on.")
    host: str = Field(
        default="127.0.0.1",
        description="Address the web server binds; 0.0.0.0 behind a proxy on another machine.",
    )
    data_dir: Path = Field(
        default=Path("var"),
        description="Folder for the SQLite store, the facts files, photos and secrets.",
    )
    database_url: str = Field(
        default="", description="postgresql://… for PostgreSQL; empty: SQLite in the data folder."
    )
    public_database_url: str = Field(
        default="",
        description="PostgreSQL login that may read only the public views; "
        "empty: a role made by `migrate` with a derived password.",
    )
    base_url: str = Field(
        default="",
        description="The address residents type, such as https://311.example.gov; "
        "empty: http://127.0.0.1:PORT.",
    )
    jurisdictions: str = Field(
        default="demo",
        description="Cities served, comma separated; each is a file in portal/jurisdictions.",
    )
    trusted_hosts: str = Field(
        default="",
        description="More host names to answer to, comma separated, "
        "besides those of the cities and of the base URL.",
    )
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        le=9,
        description="Reverse proxies between residents and the portal, each of which adds to "
        "X-Forwarded-For; 0: there is none, and that header is ignored.",
    )
    secret_key: str = Field(
        default="", description="Key for signatures; empty: made once and kept in the data folder."
    )
    workers: int = Field(default=2, ge=1, le=64, description="Web server processes.")
    sync_seconds: int = Field(default=45, ge=5, description="Pause between two syncs of a city.")
    sync_enabled: bool = Field(
        default=True,
        description="Whether the worker syncs; off for a machine that only serves pages.",
    )
    tile_url: str = Field(
        default=OPENSTREETMAP_TILES,
        description="Street tiles for the map; "
        "'none' draws outlines only and contacts no outside host.",
    )
    tile_attribution: str = Field(
        default="© OpenStreetMap contributors", description="Credit line shown on the map."
    )
    geocoder_url: str = Field(
        default="",
        description="A Nominatim (https://…/search) or Photon (https://…/api) to find addresses; "
        "empty: the streets of the city's cases.",
    )
    geocoder_attribution: str = Field(
        default="© OpenStreetMap contributors",
        description="Credit line beside places the geocoder found.",
    )
    desk_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of the work-order desk of the demo city or a town; 0: any free port.",
    )
    desk_host: str = Field(
        default="127.0.0.1",
        description="Address or name that a town's desk binds: this machine's own, or its one in "
        "PORTAL_DESK_NETWORK.",
    )
    desk_network: str = Field(
        default="",
        description="The private network that a town's desk and the portal share where they do not "
        "run on one machine, such as 172.20.0.0/16; empty: they run on one.",
    )
    desk_url: str = Field(
        default="",
        description="Where a town's desk runs by itself, such as http://desk:8060; "
        "empty: `run` starts it.",
    )
    desk_base_url: str = Field(
        default="",
        description="The address that the staff of a town's desk type, such as "
        "https://desk.example.gov; empty: http://, PORTAL_DESK_HOST and the port.",
    )
    system_keys: str = Field(
        default="",
        description="API keys of the work-order systems in the cities' files: name=key, "
        "comma separated; the demo's desk needs none.",
    )
    smtp_url: str = Field(
        default="",
        description="Mail server: smtp://user:password@host:587 or smtps://…; "
        "empty: no e-mail is sent and no one is asked for an address.",
    )
    mail_from: str = Field(
        default="",
        description="The address mail comes from; empty: reports@ and the host of the base URL.",
    )
    offline_pages: bool = Field(
        default=True,
        description="Whether browsers keep public pages for when there is no signal; "
        "off: they delete what they kept, and the service worker.",
    )
    oidc_issuer: str = Field(
        default="",
        description="The city's own sign-in for staff, an OpenID Connect issuer "
        "such as https://login.example.gov; empty: none.",
    )
    oidc_client_id: str = Field(default="", description="The portal's client id at that issuer.")
    oidc_client_secret: str = Field(default="", description="The secret for that id.")
    cache_mb: int = Field(
        default=192,
        ge=16,
        le=65536,
        description="Megabytes of memory in which each process keeps answers to give again.",
    )
    cache_url: str = Field(
        default="",
        description="A Redis or Valkey that all machines share: redis://…, rediss://… (TLS), "
        "valkey://…, valkeys://… or unix:///path; empty: each process keeps its own.",
    )
    dataset_days: int = Field(
        default=35,
        ge=1,
        le=36_500,
        description="Days whose frozen datasets are kept; of older ones, the first of each month.",
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    metrics_host: str = Field(
        default="127.0.0.1", description="Address that /metrics is served on, for Prometheus."
    )
    metrics_port: int = Field(
        default=9311, ge=0, le=65535, description="Port of /metrics; 0 turns it off."
    )

    @field_validator("database_url")
    @classmethod
    def _require_known_engine(cls, value: str) -> str:
        if value and not value.startswith((*POSTGRESQL_STARTS, "sqlite:///")):
            raise ValueError(
                f"PORTAL_DATABASE_URL is {value.split(':')[0]}:…; "
                "use postgresql://… or leave it empty for SQLite"
            )
        _require_whole_address("PORTAL_DATABASE_URL", value)
        return value

    @field_validator("public_database_url")
    @classmethod
    def _require_postgresql(cls, value: str) -> str:
        if value and not value.startswith(POSTGRESQL_STARTS):
            raise ValueError(
                f"PORTAL_PUBLIC_DATABASE_URL is {value.split(':')[0]}:…; "
                "use postgresql://… or leave it empty"
            )
        _require_whole_address("PORTAL_PUBLIC_DATABASE_URL", value)
        return value

    @field_validator("cache_url")
    @classmethod
    def _require_known_cache(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and parts.scheme not in CACHE_SCHEMES:
            raise ValueError(
                f"PORTAL_CACHE_URL is {value.split(':')[0]}:…; use redis://host:6379, rediss://…,"
                " valkey://…, valkeys://… or unix:///path, or leave it empty"
            )
        if parts.query and not parts.query.removeprefix("db=").isdigit():
            raise ValueError("PORTAL_CACHE_URL takes no options after “?” but db=NUMBER")
        return value

    @field_validator("geocoder_url")
    @classmethod
    def _require_web_address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError(
                f"PORTAL_GEOCODER_URL is {value[:60]!r}; "
                "it begins with https:// or http://, or is empty"
            )
        return value

    @field_validator("desk_network")
    @classmethod
    def _require_private_network(cls, value: str) -> str:
        try:
            return value and str(read_network(value))
        except ValueError as problem:
            raise ValueError(f"PORTAL_DESK_NETWORK: {problem}") from None

    @field_validator("desk_url")
    @classmethod
    def _require_desk_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme != "http" or not parts.hostname or parts.username):
            raise ValueError(
                f"PORTAL_DESK_URL is {value[:60]!r}; it is http:// and a host inside "
                "PORTAL_DESK_NETWORK, such as http://desk:8060, or empty"
            )
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _require_mail_server(cls, value: str) -> str:
        if value and not value.startswith(("smtp://", "smtps://")):
            raise ValueError(
                f"PORTAL_SMTP_URL is {value.split(':')[0]}:…; "
                "use smtp://host:587 or smtps://host, or leave it empty"
            )
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _require_safe_issuer(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://127.0.0.1:")):
            raise ValueError(
                f"PORTAL_OIDC_ISSUER is {value[:60]!r}; it begins with https://, or is empty"
            )
        return value

    @model_validator(mode="after")
    def _require_whole_issuer(self) -> Settings:
        values = {
            f"PORTAL_{name.upper()}": getattr(self, name)
            for name in ("oidc_issuer", "oidc_client_id", "oidc_client_secret")
        }
        missing = [name for name, value in values.items() if not value]
        if 0 < len(missing) < len(values):
            raise ValueError(
                f"{' and '.join(missing)} not set; set all three of {', '.join(values)}, or none"
            )
        return self

    @model_validator(mode="after")
    def _require_network_of_desk(self) -> Settings:
        hosts = {
            "PORTAL_DESK_HOST": self.desk_host,
            "PORTAL_DESK_URL": urlsplit(self.desk_url).hostname,
        }
        for variable, host in hosts.items():
            if not self.desk_network and host and not is_this_machine(host):
                raise ValueError(
                    f"{variable} names {host[:60]}, which is not this machine; "
                    "name the private network that it is in as PORTAL_DESK_NETWORK"
                )
        return self

    def system_key(self, name: str) -> str:
        """The API key of a work-order system; empty if none is set."""
        pairs = (pair.strip().partition("=") for pair in self.system_keys.split(","))
        return next((key for system, _, key in pairs if system == name), "")

    @property
    def sender(self) -> str:
        """The address our e-mail comes from."""
        return self.mail_from or f"reports@{urlsplit(self.site_url).hostname}"

    @property
    def private_network(self) -> Network | None:
        """The network in which a town's desk is, if not on this machine."""
        return read_network(self.desk_network) if self.desk_network else None

    @property
    def metrics_folder(self) -> Path:
        """Where the processes of this machine count what /metrics shows."""
        return self.data_dir.absolute() / "metrics"

    @property
    def site_url(self) -> str:
        """The portal's own address, without a slash at the end; absolute links start with it."""
        return (self.base_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def city_ids(self) -> tuple[str, ...]:
        """Ids of the cities served, the default one first. Raises SettingsError if empty."""
        ids = tuple(part.strip() for part in self.jurisdictions.split(",") if part.strip())
        if not ids:
            raise SettingsError(
                "PORTAL_JURISDICTIONS is empty; name at least one city, such as demo"
            )
        return ids


def _require_whole_address(variable: str, value: str) -> None:
    """Raise ValueError, with no part of the password, for a URL that PostgreSQL could not read."""
    if not value.startswith(POSTGRESQL_STARTS):
        return
    rest = value.partition("://")[2]
    without_options = rest.partition("?")[0]
    login, _, place = (without_options if "@" in without_options else rest).rpartition("@")
    if "@" in login:
        raise ValueError(
            f"{variable} has an @ in its password; write it %40 (docs/operations.md, PostgreSQL)"
        )
    host, slash, database = place.partition("?")[0].partition("/")
    port = re.search(r":([^\]]*)$", host)
    if port and not port[1].isdecimal():
        raise ValueError(f"{variable} has the port {port[1]!r}; a port is a number, such as 5432")
    if not slash or not database:
        raise ValueError(f"{variable} names no database; it ends in one, such as /citizens")


def settings_from_environment() -> Settings:
    """The settings this process was started with.

    Raises SettingsError, which names the variable and its value.
    """
    _make_metrics_folder()
    try:
        return Settings()
    except ValidationError as problem:
        first = problem.errors()[0]
        if first["type"] == "value_error":  # our own sentence, without a password in it
            raise SettingsError(str(first.get("ctx", {})["error"])) from None
        variable = "PORTAL_" + str(first["loc"][0]).upper()
        raise SettingsError(f"{variable} is {first['input']!r}: {first['msg']}") from None


def count_into_folder(settings: Settings) -> None:
    """Have this process's children count into files that `python -m portal metrics` reads.

    The Prometheus library knows its folder by this variable alone, and reads it when it is
    first imported.
    """
    if settings.metrics_port:
        os.environ[_METRICS_FOLDER] = str(settings.metrics_folder)


def _make_metrics_folder() -> None:
    """Make the folder that this process counts into; it may have been deleted since the start.

    Without it the Prometheus library would raise in the middle of whatever is being counted.
    """
    if folder := os.environ.get(_METRICS_FOLDER):
        private_files.make_folder(Path(folder))


def variables_without_a_setting(environment: Mapping[str, str] = os.environ) -> list[str]:
    """PORTAL_* variables that are no setting: a misspelled one would silently change nothing."""
    known = {f"PORTAL_{name.upper()}" for name in Settings.model_fields}
    ours = (name for name in environment if name.upper().startswith("PORTAL_"))
    return sorted(name for name in ours if name.upper() not in known)
