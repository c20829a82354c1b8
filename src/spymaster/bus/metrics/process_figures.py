"""What every process says of itself: which it is, since when it runs, and what it takes of the machine."""

from __future__ import annotations

import os
import resource
import shutil
import threading
from pathlib import Path
from typing import Final

from spymaster.bus.gateway.metrics import MetricsText

_STATM: Final = Path("/proc/self/statm")
_OPEN_FILES: Final = Path("/proc/self/fd")


def add_process(text: MetricsText, role: str, version: str, started_s: float) -> None:
    """``role``: what it was started as; ``started_s``: when, seconds since 1970. What a system does not tell is left
    out."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    text.add("build_info", "gauge", "1: what this process is.", [({"role": role, "version": version}, 1.0)])
    text.add("started_timestamp_seconds", "gauge", "When this process began, since 1970.", started_s)
    text.add("process_cpu_seconds_total", "counter", "Processor time taken.", usage.ru_utime + usage.ru_stime)
    text.add("process_threads", "gauge", "Threads that run Python.", threading.active_count())
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
        text.add("process_resident_bytes", "gauge", "Memory held.", pages * os.sysconf("SC_PAGE_SIZE"))
        text.add("process_open_files", "gauge", "Open files and sockets.", sum(1 for _ in _OPEN_FILES.iterdir()))
    except OSError:
        return


def add_disk(text: MetricsText, folder: Path) -> None:
    """Room where a folder is; nothing where that cannot be asked."""
    try:
        room = shutil.disk_usage(folder)
    except OSError:
        return
    text.add("disk_free_bytes", "gauge", "Room left where this process writes.", room.free)
    text.add("disk_size_bytes", "gauge", "Size of the disk where this process writes.", room.total)
