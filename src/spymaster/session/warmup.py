"""Compiling the kernels ahead, in another process: compilation holds the interpreter.

Run as a module it compiles everything an engine uses by letting one see a few records.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S

if TYPE_CHECKING:
    from spymaster.physics.engine import Engine

_RECORDS: Final = "records"


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


@contextlib.contextmanager
def compiling_elsewhere() -> Iterator[Callable[[], bool]]:
    """Compile in another process; gives a function that says whether it is still at it. Leaving early ends it.

    Raises RuntimeError, at the end, when the kernels did not compile.
    """
    process = start_compiling()
    try:
        yield lambda: process.poll() is None
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    if process.returncode != 0 and process.stderr is not None:
        lines = process.stderr.read().decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"the engine did not compile: {lines[-1] if lines else 'no reason given'}")


def compile_all() -> None:
    """Compile every kernel an engine, a screen and an export use, and leave a mark that it is done.

    What judges levels shares little with what takes records in and what makes the fuel of options, so two processes
    compile them side by side; the kernels that call both come last.
    """
    from spymaster.market.kernel_cache import CACHE_FOLDER, WARM_MARK

    with subprocess.Popen([sys.executable, "-m", "spymaster.session.warmup", _RECORDS]) as other:
        compile_levels()
    if other.returncode != 0:
        raise RuntimeError("the kernels that take records in did not compile")
    compile_snap()
    compile_walk()
    (CACHE_FOLDER / WARM_MARK).touch()


def _engine() -> tuple[Engine, NDArray[Any]]:
    """An engine that has had its CONFIG, and the parameters in it."""
    from spymaster.config.loader import load_config
    from spymaster.config.params import build_params
    from spymaster.market.frames import ConfigFrame, TapeFrom, UserLevel
    from spymaster.market.instruments import Instrument, TickSource
    from spymaster.market.params import PARAMS
    from spymaster.market.sessions import SESSION
    from spymaster.physics.engine import Engine

    session = np.zeros(1, SESSION)
    session["open_ns"], session["close_ns"] = NS_PER_S, 100 * NS_PER_S
    engine = Engine(snaps_per_block=1, with_flows=True)
    instrument = Instrument(1, 1, "WARM", 250_000_000, 50, TickSource.PRODUCT_TABLE, "")
    params = build_params(load_config().profile("es")).tobytes()
    level = (UserLevel("USER_1", NS_PER_S),)
    list(engine.feed(ConfigFrame("es", params, instrument, TapeFrom.DEPTH, level, session.tobytes())))
    return engine, np.frombuffer(params, PARAMS).copy()


def _compile(function: Any, *arguments: Any) -> None:
    """Compile a kernel for such arguments without running it."""
    function.compile(tuple(map(function.typeof_pyval, arguments)))


def compile_levels() -> None:
    """What closes a bucket and judges every level, but for the fuel."""
    from spymaster.physics.outputs import new_out, write_flows
    from spymaster.physics.scales import observe_scales
    from spymaster.physics.snap import close_windows, judge_levels, write_common

    engine, params = _engine()
    state, out = engine.state[0], new_out(1, True)
    _compile(close_windows, state, params, 0)
    _compile(judge_levels, state, params, 0, 0, out.rows[0], out.numbers[0], out.blank_numbers)
    _compile(observe_scales, state, params, 0)
    _compile(write_common, state, params, 0, out.blank[0])
    _compile(write_flows, state, 0, out)


def compile_fuel() -> None:
    """What follows the options and says what they come to."""
    from spymaster.physics.fuel import refresh_fuel
    from spymaster.physics.fuel_rows import write_strikes, write_summary
    from spymaster.physics.option_levels import place_option_levels
    from spymaster.physics.outputs import new_out

    engine, params = _engine()
    state, out = engine.state[0], new_out(1, True)
    _compile(refresh_fuel, state, params, 0)
    _compile(place_option_levels, state, params, 0.0)
    _compile(write_summary, state, params, out.snaps[0]["options"])
    _compile(write_strikes, state, params, out.strikes[0])


def compile_snap() -> None:
    """The snap, with everything below it at hand."""
    from spymaster.physics.outputs import new_out
    from spymaster.physics.walk import take_due

    engine, params = _engine()
    take_due(engine.state[0], params, 0, new_out(1, True))


def compile_records() -> None:
    """Records of every kind into book, ledger and tape, bars into history, and what screens read."""
    from spymaster.market.kinds import MBP10_WORDS, Kind
    from spymaster.physics.engine import BAR_WORDS
    from spymaster.physics.history import take_history
    from spymaster.physics.views import read_bucket_trades, read_chart, read_heat, read_ladder
    from spymaster.physics.walk import step_depth, step_equity, step_option, step_trade
    from spymaster.signals.frame import CHART_BAR, LADDER_ROW

    engine, params = _engine()
    words = np.zeros(MBP10_WORDS, np.int64)
    step_depth(engine.state[0], params, words, -1)
    step_trade(engine.state[0], params, words, -1)
    step_equity(engine.state[0], params, words, -1, int(Kind.BBO))
    step_option(engine.state[0], params, words, -1, int(Kind.BBO), 0)
    take_history(engine.state, params, np.zeros((1, BAR_WORDS), np.int64))
    read_ladder(engine.state, params, 3 * NS_PER_S, 0, np.zeros(1, LADDER_ROW))
    read_heat(engine.state, 0, np.zeros(1, np.int32))
    read_bucket_trades(engine.state, np.zeros((1, 3), np.int64))
    read_chart(engine.state, np.zeros(2, CHART_BAR))


def compile_walk() -> None:
    """Whatever an engine still lacks, by letting one see a record and the end."""
    from spymaster.market.batches import Batch
    from spymaster.market.frames import RecordsFrame, WatermarkFrame
    from spymaster.market.kinds import MBP10_WORDS, Kind

    engine, _ = _engine()
    list(engine.feed(RecordsFrame(Batch.of(Kind.MBP10, np.zeros((1, MBP10_WORDS), np.int64)))))
    list(engine.feed(WatermarkFrame(3 * NS_PER_S)))
    list(engine.finish())


if __name__ == "__main__":
    if _RECORDS in sys.argv[1:]:
        compile_fuel()
        compile_records()
    else:
        compile_all()
