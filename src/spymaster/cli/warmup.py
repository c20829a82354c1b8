"""``warmup``: compile every kernel in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time


def run_warmup() -> int:
    """Compile what is not compiled yet; returns the exit code."""
    from spymaster.market.kernel_cache import CACHE_FOLDER

    print(f"compiling the kernels into {CACHE_FOLDER}", file=sys.stderr)
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "spymaster.session.warmup"], check=False)
    if done.returncode == 0:
        print(f"ready in {time.perf_counter() - started:.1f} s", file=sys.stderr)
    return 1 if done.returncode else 0
