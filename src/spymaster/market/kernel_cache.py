"""Where compiled kernels are kept. Known without importing numba, so that one can ask whether they are there.

numba's own cache looks at the file a kernel stands in, not at the files of the kernels it calls: a changed callee in
another module is served stale. So the cache folder's name is a hash of all kernel sources, of numba's version and of
the CPU. Where the sources lie makes no difference: two checkouts of the same sources share their kernels.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import logging
import os
import platform
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

CACHE_DIR_VARIABLE: Final = "SPYMASTER_KERNEL_CACHE"
WARM_MARK: Final = "complete"
"""Name of the empty file in a cache folder whose kernels have all been compiled."""
_KERNEL_ROOMS: Final = ("market/", "physics/", "sim/")
"""Rooms whose constants kernels freeze: all of their modules count, with a kernel or without."""
_KERNEL_MARK: Final = b"@kernel"

_log = logging.getLogger(__name__)


def kernel_source_hash(package_root: Path) -> str:
    """Hash, by name and content, of every module with a kernel and of the rooms whose constants kernels freeze."""
    digest = hashlib.sha256()
    for path in sorted(package_root.rglob("*.py")):
        name = path.relative_to(package_root).as_posix()
        content = path.read_bytes()
        if name.startswith(_KERNEL_ROOMS) or _KERNEL_MARK in content:
            digest.update(name.encode())
            digest.update(content)
    return digest.hexdigest()[:16]


def cpu_name() -> str:
    """A name for this CPU kind, stable across reboots; hashes of signals are claimed within one such kind."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def cache_folder(package_root: Path, base: Path) -> Path:
    """The kernel cache folder for these sources, this numba and this CPU under ``base``."""
    host = hashlib.sha256(f"{version('numba')}|{version('numpy')}|{cpu_name()}".encode()).hexdigest()[:8]
    return base / f"kernels-{kernel_source_hash(package_root)}-{host}"


def _default_base() -> Path:
    override = os.environ.get(CACHE_DIR_VARIABLE)
    if override:
        return Path(override)
    import platformdirs

    return Path(platformdirs.user_cache_dir("spymaster-tui"))


CACHE_FOLDER: Final = cache_folder(Path(__file__).resolve().parent.parent, _default_base())


def is_complete(folder: Path) -> bool:
    """Whether every kernel has been compiled into a cache folder."""
    return (folder / WARM_MARK).is_file()


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
