"""Where compiled kernels are kept, and by what names. Known without importing numba.

A kernel is kept under a hash of everything it may depend on: the module it stands in and all of ours that this module
imports, however indirectly, their names and contents; versions; what it is called with. So a changed callee or constant
is another kernel, wherever it stands, and what does not import it is kept. Where the sources lie makes no difference:
two checkouts of the same sources share their kernels, and so do two processes that compile at the same time.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import json
import logging
import os
import platform
import shutil
import sys
import tempfile
import time
import uuid
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from spymaster.market.kernels.sources import engine_hash
from spymaster.market.kernels.unused import note_use

CACHE_DIR_VARIABLE: Final = "SPYMASTER_KERNEL_CACHE"
_FORMAT: Final = b"spymaster kernel 1\n"

_log = logging.getLogger(__name__)


def cpu_name() -> str:
    """A name for this CPU kind, stable across reboots; hashes of signals are claimed within one such kind."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def host_hash() -> str:
    """A hash of what compiled kernels depend on besides sources: interpreter, numba, llvmlite, numpy and CPU."""
    versions = "|".join(version(name) for name in ("numba", "llvmlite", "numpy"))
    host = f"{sys.implementation.cache_tag}|{versions}|{cpu_name()}"
    return hashlib.sha256(host.encode()).hexdigest()[:8]


def cache_folder(base: Path) -> Path:
    """The kernel cache folder for this numba and this CPU under ``base``."""
    return base / f"kernels-{host_hash()}"


def _default_base() -> Path:
    override = os.environ.get(CACHE_DIR_VARIABLE)
    if override:
        return Path(override)
    import platformdirs

    return Path(platformdirs.user_cache_dir("spymaster-tui"))


CACHE_FOLDER: Final = cache_folder(_default_base())


def mark_name() -> str:
    """Name of the empty file in a cache folder that holds every kernel of these sources' engine."""
    return f"complete-{engine_hash()}"


def is_complete(folder: Path) -> bool:
    """Whether every kernel of the engine has been compiled into a cache folder."""
    mark = folder / mark_name()
    note_use(mark, time.time())
    return mark.is_file()


def write_refusal(folder: Path) -> OSError | None:
    """Why nothing can be written into a folder, which is made if need be; None where it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return error
    return None


@functools.cache
def kernel_folder() -> Path:
    """Where this process reads and keeps compiled kernels; the same for its whole life.

    The cache folder, which need not be writable once it is complete. Where it is neither, a folder for this run alone,
    gone with the process; and where not even that can be made, the cache folder, in which nothing can be kept then.
    """
    if is_complete(CACHE_FOLDER):
        return CACHE_FOLDER
    refusal = write_refusal(CACHE_FOLDER)
    if refusal is None:
        return CACHE_FOLDER
    say_not_kept(refusal.strerror or str(refusal))
    try:
        base = tempfile.mkdtemp(prefix="spymaster-kernels-")
    except OSError:
        return CACHE_FOLDER
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    return Path(base) / CACHE_FOLDER.name


def unkept() -> bool:
    """Whether some kernel of this process could not be kept."""
    return say_not_kept.cache_info().currsize > 0


@functools.cache
def say_not_kept(reason: str) -> None:
    """Log, once for each reason, that kernels are not kept."""
    _log.warning("kernels are compiled for this run only: %s cannot be written (%s)", CACHE_FOLDER, reason.lower())


def read_kept(name: str, folder: Path | None = None) -> tuple[dict[str, Any], bytes] | None:
    """What was kept under a name, (heading, body); None where there is nothing, or nothing whole."""
    path = (folder or kernel_folder()) / name
    try:
        data = path.read_bytes()
        if not data.startswith(_FORMAT):
            return None
        digest, rest = data[len(_FORMAT) : len(_FORMAT) + 32], data[len(_FORMAT) + 32 :]
        if hashlib.sha256(rest).digest() != digest:
            return None
        heading, _, body = zlib.decompress(rest).partition(b"\n")
        if folder is None:
            note_use(path, time.time())
        return json.loads(heading), body
    except (OSError, ValueError, zlib.error):
        return None


def keep(name: str, heading: dict[str, Any], body: bytes) -> bool:
    """Keep something under a name, whole or not at all; whether that was possible."""
    folder = kernel_folder()
    # level 1: half the time of the default for a twentieth more bytes
    data = zlib.compress(json.dumps(heading).encode() + b"\n" + body, 1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"{name}.{uuid.uuid4().hex}"
        try:
            temporary.write_bytes(_FORMAT + hashlib.sha256(data).digest() + data)
            temporary.replace(folder / name)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        say_not_kept(error.strerror or str(error))
        return False
    return True
