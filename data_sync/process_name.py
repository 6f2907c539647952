"""Who holds a lease: the process, named so that a later one on the same machine can tell whether it still lives.

A killed sync leaves its lease behind. Waiting for it to run out would cost minutes; a process that is gone needs no waiting for.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path


def this_process() -> str:
    """host:pid:start:namespace of this process; the last two keep a reused number, or one of another container, from being taken for it."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_start_of(pid)}:{_namespace()}"


def is_gone(holder: str) -> bool:
    """True only where the holder ran on this machine and certainly does not run any more."""
    host, pid, start, namespace = (holder.rsplit(":", 3) + [""] * 4)[:4]
    if not pid.isdigit() or not start or host != socket.gethostname() or namespace != _namespace():
        return False
    return _start_of(int(pid)) != start


def _start_of(pid: int) -> str:
    """When a process began, in the kernel's ticks; empty where there is none, or no /proc to ask."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    # A zombie has ended; its parent just has not looked yet.
    return "" if after_name[0] == "Z" else after_name[19]


def _namespace() -> str:
    """The boot and the process namespace in which numbers of processes mean anything."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        return ""
    return f"{boot[:8]}-{space}"
