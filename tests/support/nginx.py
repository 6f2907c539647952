"""A real nginx on ports of 127.0.0.1, with the block of docs/operations.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.cli.serve import free_port
from tests.support.running import ROOT, wait_until

NAME = "311.example.gov"
MAIN = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {block}
}}
"""


def find_program() -> str:
    """The server's program. Raises FileNotFoundError that says how to install it."""
    if path := shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        return path
    raise FileNotFoundError(
        "nginx is not here: `make test` installs it where it may, else install your"
        " system's nginx package"
    )


def documented_block() -> str:
    """The block as an operator copies it."""
    page = (ROOT / "docs" / "operations.md").read_text()
    (block,) = re.findall(r"```nginx\n(.*?)```", page, re.DOTALL)
    return block


@dataclass(frozen=True)
class Nginx:
    """A running server: its ports, and the certificate it shows."""

    http_port: int
    https_port: int


@contextmanager
def nginx_before(portal_port: int, folder: Path, certificate: Path) -> Iterator[Nginx]:
    """nginx with the documented block, before a portal on another port than the documented one.

    Only ports and files are changed, each of which must be there.
    """
    made = Nginx(free_port(), free_port())
    block = documented_block()
    for was, now in (
        ("listen 80;", f"listen 127.0.0.1:{made.http_port};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{made.https_port} ssl"),
        ("127.0.0.1:8050", f"127.0.0.1:{portal_port}"),
        (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(certificate)),
        (f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(certificate)),
    ):
        assert block.count(was) == 1, was
        block = block.replace(was, now)
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(MAIN.format(user=user, folder=folder, block=block))
    command = [find_program(), "-p", str(folder), "-c", str(configuration), "-e", "stderr"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            wait_until(lambda: (folder / "nginx.pid").exists() or process.poll() is not None, 60)
            assert process.poll() is None, process.communicate()[1].decode()
            yield made
        finally:
            process.terminate()
