"""The name of a process in a lease, by which a later process can tell whether it has ended.

    holder = this_process_name()   # "web-1:4711:88123:1a2b3c4d-4026531836"
    has_process_ended(holder)      # False: it is this very process

A killed sync leaves its lease behind. Waiting for it to run out would take minutes; nobody needs to
wait for a process that is gone.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path


def this_process_name() -> str:
    """host:pid:start:namespace of this process.

    Process numbers are used again, and are the same in two containers: the start and the namespace
    tell such processes apart.
    """
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_start_of(pid)}:{_namespace()}"


def has_process_ended(name: str) -> bool:
    """True only where the process ran on this machine and has certainly ended."""
    host, pid, start, namespace = (name.rsplit(":", 3) + [""] * 4)[:4]
    if not pid.isdigit() or not start or host != socket.gethostname() or namespace != _namespace():
        return False
    return _start_of(int(pid)) != start


def _start_of(pid: int) -> str:
    """When a process started, in the kernel's ticks; empty without such a process, or /proc."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    # A zombie has ended; its parent just has not looked yet.
    return "" if after_name[0] == "Z" else after_name[19]


def _namespace() -> str:
    """The boot and the process namespace in which a process number is unique."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        return ""
    return f"{boot[:8]}-{space}"
