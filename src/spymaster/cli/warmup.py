"""``warmup``: compile every kernel in a process of its own."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from spymaster.errors import ExitCode


def run_warmup(into: Path | None) -> int:
    """Compile what is not compiled yet, into another folder than the user's where one is named; the exit code."""
    from spymaster.market.kernel_cache import CACHE_DIR_VARIABLE, CACHE_FOLDER, cache_folder, is_complete, write_refusal
    from spymaster.market.kernels.unused import KEPT_DAYS, forget_unused
    from spymaster.session.warmup import start_compiling

    folder = CACHE_FOLDER if into is None else cache_folder(into.absolute())
    refusal = write_refusal(folder)
    if refusal is not None:
        reason = f"cannot be written ({(refusal.strerror or str(refusal)).lower()})"
        if is_complete(folder):
            print(f"ready: the kernels are in {folder}, which {reason}", file=sys.stderr)
            return os.EX_OK
        print(f"error: {folder}: {reason}; name a folder that can be with {CACHE_DIR_VARIABLE}", file=sys.stderr)
        return ExitCode.FAILURE
    forgotten = forget_unused(folder.parent, time.time())
    if forgotten.files:
        size = f"{forgotten.files} files, {forgotten.bytes / 1e6:.1f} MB"
        print(f"removed kernels that nothing used for {KEPT_DAYS} days: {size}", file=sys.stderr)
    print(f"compiling the kernels into {folder}", file=sys.stderr)
    started = time.perf_counter()
    process = start_compiling(stderr=None, base=folder.parent)
    try:
        code = process.wait()
    finally:
        process.kill()
        process.wait()
    if code == os.EX_OK:
        print(f"ready in {time.perf_counter() - started:.1f} s", file=sys.stderr)
        if into is not None:
            print(f"set {CACHE_DIR_VARIABLE}={folder.parent} where the program is to use them", file=sys.stderr)
        return os.EX_OK
    print(f"error: the kernels are not all in {folder}; see above", file=sys.stderr)
    return ExitCode.FAILURE


def run_take(wheel: Path) -> int:
    """Take the engine out of a wheel; the exit code."""
    from spymaster.market.kernels.shipped import shipped_engine
    from spymaster.session.ship import take_from

    reason = take_from(wheel)
    found = shipped_engine()
    if found is None:
        print(
            f"error: the engine in {wheel} is not used here: {reason}; compile with spymaster-tui warmup",
            file=sys.stderr,
        )
        return ExitCode.FAILURE
    print(f"ready: the engine is in {found[0]}", file=sys.stderr)
    return os.EX_OK
