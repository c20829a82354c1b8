"""``warmup``: compile every kernel in a process of its own."""

from __future__ import annotations

import os
import sys
import time

from spymaster.errors import ExitCode


def run_warmup() -> int:
    """Compile what is not compiled yet; returns the exit code."""
    from spymaster.market.kernel_cache import CACHE_DIR_VARIABLE, CACHE_FOLDER, is_complete, write_refusal
    from spymaster.session.warmup import start_compiling

    refusal = write_refusal(CACHE_FOLDER)
    if refusal is not None:
        reason = f"cannot be written ({(refusal.strerror or str(refusal)).lower()})"
        if is_complete(CACHE_FOLDER):
            print(f"ready: the kernels are in {CACHE_FOLDER}, which {reason}", file=sys.stderr)
            return os.EX_OK
        print(f"error: {CACHE_FOLDER}: {reason}; name a folder that can be with {CACHE_DIR_VARIABLE}", file=sys.stderr)
        return ExitCode.FAILURE
    print(f"compiling the kernels into {CACHE_FOLDER}", file=sys.stderr)
    started = time.perf_counter()
    process = start_compiling(stderr=None)
    try:
        code = process.wait()
    finally:
        process.kill()
        process.wait()
    if code == os.EX_OK:
        print(f"ready in {time.perf_counter() - started:.1f} s", file=sys.stderr)
        return os.EX_OK
    print(f"error: the kernels are not all in {CACHE_FOLDER}; see above", file=sys.stderr)
    return ExitCode.FAILURE
