"""A PostgreSQL of the tests' own: a cluster in a temporary folder on a free port of 127.0.0.1, gone with the test session."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

BINARIES = sorted(
    Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True
)
SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=128MB",
    "max_connections=60",
    "unix_socket_directories=",
)


def binary(name: str) -> str:
    """The path of a PostgreSQL program. Raises FileNotFoundError that says how to install it."""
    for folder in BINARIES:
        if (folder / name).exists():
            return str(folder / name)
    if found := shutil.which(name):
        return found
    raise FileNotFoundError(
        f"{name} is not here: `make test` installs PostgreSQL where it may, else install your system's postgresql package"
    )


class Cluster:
    """A running PostgreSQL; `url(database)` is a superuser's address of one of its databases."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portal-postgres-"))
        self.port = _free_port()
        self._user = _unprivileged_user()
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        data = str(self.folder / "data")
        self._run(
            binary("initdb"),
            "-D",
            data,
            "-U",
            "portal",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        options = " ".join(
            f"-c {setting}"
            for setting in (*SETTINGS, f"port={self.port}", "listen_addresses=127.0.0.1")
        )
        self._run(
            binary("pg_ctl"),
            "-D",
            data,
            "-w",
            "-l",
            str(self.folder / "log"),
            "-o",
            options,
            "start",
        )

    def url(self, database: str) -> str:
        return f"postgresql://portal@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        self._run(binary("pg_ctl"), "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd="/",
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name}: {done.stderr or done.stdout}")


def _unprivileged_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; then it runs as its own system user."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]
