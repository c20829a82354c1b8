"""Where compiled kernels are kept. Known without importing numba, so that one can ask whether they are there.

numba's own cache looks at the file a kernel stands in, not at the files of the kernels it calls: a changed callee in
another module is served stale. So the cache folder's name is a hash of all kernel sources, of numba's version and of
the CPU.
"""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Final

CACHE_DIR_VARIABLE: Final = "SPYMASTER_KERNEL_CACHE"
WARM_MARK: Final = "complete"
"""Name of the empty file in a cache folder whose kernels have all been compiled."""
_KERNEL_ROOMS: Final = ("market/", "physics/", "sim/")
"""Rooms whose constants kernels freeze: all of their modules count, with a kernel or without."""
_KERNEL_MARK: Final = b"@kernel"


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
