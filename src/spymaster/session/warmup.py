"""Compiling the kernels ahead, in another process: compilation holds the interpreter.

Run as a module it compiles everything an engine uses by letting one see a few records.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np


def is_warm() -> bool:
    """Whether the kernels of these sources have been compiled on this machine before."""
    from spymaster.market.kernel_cache import CACHE_FOLDER, WARM_MARK

    return (CACHE_FOLDER / WARM_MARK).is_file()


def start_compiling() -> subprocess.Popen[bytes]:
    """Compile in a process of its own; its exit code 0 means that the kernels are ready."""
    return subprocess.Popen(
        [sys.executable, "-m", "spymaster.session.warmup"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def compile_all() -> None:
    """Compile every kernel an engine, a screen and an export use, and leave a mark that it is done."""
    from spymaster.config.loader import load_config
    from spymaster.config.params import build_params
    from spymaster.market.batches import Batch
    from spymaster.market.frames import ConfigFrame, RecordsFrame, TapeFrom, UserLevel, WatermarkFrame
    from spymaster.market.instruments import Instrument, TickSource
    from spymaster.market.kernel_cache import CACHE_FOLDER, WARM_MARK
    from spymaster.market.kinds import MBP10_WORDS, Kind
    from spymaster.market.sessions import SESSION
    from spymaster.physics.engine import Engine

    second = 1_000_000_000
    session = np.zeros(1, SESSION)
    session["open_ns"], session["close_ns"] = second, 100 * second
    engine = Engine(snaps_per_block=1, with_flows=True)
    instrument = Instrument(1, 1, "WARM", 250_000_000, 50, TickSource.PRODUCT_TABLE, "")
    params = build_params(load_config().profile("es")).tobytes()
    level = (UserLevel("USER_1", second),)
    list(engine.feed(ConfigFrame("es", params, instrument, TapeFrom.DEPTH, level, session.tobytes())))
    record = np.zeros((1, MBP10_WORDS), np.int64)
    list(engine.feed(RecordsFrame(Batch.of(Kind.MBP10, record))))
    list(engine.feed(WatermarkFrame(3 * second)))
    list(engine.finish())
    (CACHE_FOLDER / WARM_MARK).touch()


if __name__ == "__main__":
    compile_all()
