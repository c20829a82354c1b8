"""Compiling the kernels ahead, in another process: compilation holds the interpreter.

Run as a module it compiles everything an engine uses by letting one see a few records.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S

if TYPE_CHECKING:
    from spymaster.physics.engine import Engine

_RECORDS: Final = "records"
_LEASHED: Final = "leashed"
_TELLS: Final = "tells"
"""Arguments of the module: a part of the kernels alone; end with standard input; name what is done."""
_SHARE_OF_KERNELS: Final = 0.85
"""What the kernels take of the time; the rest is the engine as a whole."""
_NOT_KEPT: Final = os.EX_CANTCREAT
"""Exit code of a process whose kernels compiled and could not be kept."""


def is_warm() -> bool:
    """Whether the kernels of these sources have been compiled on this machine before."""
    from spymaster.market.kernel_cache import is_complete, kernel_folder
    from spymaster.market.kernels.shipped import shipped_engine

    return shipped_engine() is not None or is_complete(kernel_folder())


def how_often() -> str:
    """For whom the kernels are compiled, in words."""
    from spymaster.market.kernel_cache import CACHE_FOLDER, kernel_folder

    return "once per version" if kernel_folder() == CACHE_FOLDER else "for this run, the cache cannot be written"


def start_compiling(
    part: Sequence[str] = (),
    *,
    stderr: int | None = subprocess.PIPE,
    tells: bool = False,
    base: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Compile in a process of its own, into this one's folder; its exit code 0 means that the kernels are ready.

    ``base``: where the kernels' folder lies, if elsewhere. It ends when its standard input does, and so whenever this
    process does. ``tells``: it names each kernel that is done, a line each, on standard output.
    """
    from spymaster.market.kernel_cache import CACHE_DIR_VARIABLE, kernel_folder

    return subprocess.Popen(
        [sys.executable, "-m", "spymaster.session.warmup", _LEASHED, *([_TELLS] if tells else ()), *part],
        env={**os.environ, CACHE_DIR_VARIABLE: str(base or kernel_folder().parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if tells else subprocess.DEVNULL,
        stderr=stderr,
        # what the terminal sends is for the one who waits for the kernels
        start_new_session=True,
    )


class Compiling:
    """Compiling in another process, as it can be told of."""

    def __init__(self, process: subprocess.Popen[bytes], now_s: Callable[[], float] = time.monotonic) -> None:
        from spymaster.market.kernels.sources import engine_kernels

        self._process = process
        self._now_s = now_s
        self._began_s = now_s()
        self._done: set[bytes] = set()
        self._failure = ""
        self._all = engine_kernels()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        if self._process.stdout is not None:
            for line in self._process.stdout:
                self._done.add(line)

    @property
    def is_at_it(self) -> bool:
        """Whether it goes on."""
        return self._process.poll() is None

    @property
    def failure(self) -> str:
        """Why the kernels did not compile; empty where they did, or while it goes on."""
        if not self._failure and self._process.poll() not in (None, os.EX_OK, _NOT_KEPT):
            said = self._process.stderr.read().decode(errors="replace") if self._process.stderr is not None else ""
            self._failure = f"the engine did not compile: {(said.strip().splitlines() or ['no reason given'])[-1]}"
        return self._failure

    @property
    def share(self) -> float:
        """How much is done, 0 to 1: kernels, and after them the engine as a whole, which has no measure of its own."""
        return _SHARE_OF_KERNELS * min(len(self._done) / self._all, 1.0)

    @property
    def words(self) -> str:
        """The same in words."""
        elapsed = f"{self._now_s() - self._began_s:.0f} s"
        if len(self._done) >= self._all:
            return f"compiling the engine, {how_often()}: its {self._all} kernels as one program, {elapsed}"
        return f"compiling the engine, {how_often()}: {len(self._done)} of {self._all} kernels, {elapsed}"


@contextlib.contextmanager
def compiling_elsewhere() -> Iterator[Compiling]:
    """Compile in another process. Leaving early ends it."""
    process = start_compiling(tells=True)
    try:
        yield Compiling(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def compile_all() -> None:
    """Compile every kernel an engine, a screen and an export use, and leave a mark once all of them are kept.

    What judges levels shares little with what takes records in and what makes the fuel of options, so two processes
    lower them side by side; what calls both is lowered last, and optimised with everything below it. Raises
    RuntimeError when some did not compile.
    """
    from spymaster.market.kernel_cache import is_complete, kernel_folder, mark_name, say_not_kept, unkept
    from spymaster.market.kernels.lowered import lowered_kernels
    from spymaster.market.kernels.unused import forget_unused
    from spymaster.session.compile_turns import turn

    folder = kernel_folder()
    if not _all_kept():
        kernels = lowered_kernels()
        tell = kernels.tell
        with turn(folder, tell) as told:
            kernels.tell = told
            try:
                # somebody else may have compiled them while we waited
                if not _all_kept():
                    _compile_in_two()
                load_models()
            finally:
                # outside its turn nobody waits to hear of what is compiled
                kernels.tell = tell
        forget_unused(folder.parent, time.time())
    if not unkept() and not is_complete(folder):
        try:
            (folder / mark_name()).touch()
        except OSError as error:
            say_not_kept(error.strerror or str(error))


def _all_kept() -> bool:
    """Whether there is nothing to compile; found out without numba."""
    from spymaster.market.jit import NotKeptError, only_kept

    try:
        with only_kept():
            compile_views()
            compile_engine()
            compile_record()
    except NotKeptError:
        return False
    return True


def _compile_in_two() -> None:
    from spymaster.market.kernel_cache import say_not_kept

    other = start_compiling((_RECORDS,), stderr=None, tells=True)
    _collect_rarely()
    threading.Thread(target=_pass_on, args=(other,), daemon=True).start()
    try:
        lower_levels()
        # by its end: it must not wait for ours
        status = other.wait()
    finally:
        other.kill()
        other.wait()
    if status not in (os.EX_OK, _NOT_KEPT):
        raise RuntimeError("the kernels that take records in did not compile")
    if status == _NOT_KEPT:
        say_not_kept("by the other of two processes")
    compile_engine()
    compile_record()


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


def _memory() -> tuple[Any, NDArray[Any]]:
    """What an engine remembers and its parameters, empty: kernels are lowered for kinds of arguments."""
    from spymaster.market.params import PARAMS
    from spymaster.physics.memory.state import STATE

    return np.zeros(1, STATE)[0], np.zeros(1, PARAMS)


def lower_levels() -> None:
    """What closes a bucket and scores every level, but for the fuel."""
    from spymaster.market.jit import lower
    from spymaster.physics.book.scales import observe_scales
    from spymaster.physics.common_rows import write_common
    from spymaster.physics.memory.outputs import new_out, write_flows
    from spymaster.physics.snap import close_windows, score_levels

    state, params = _memory()
    out = new_out(1, True)
    lower(close_windows, state, params, 0)
    lower(score_levels, state, params, 0, 0, out.rows[0], out.numbers[0], out.common_numbers, out.placed)
    lower(observe_scales, state, params, 0)
    lower(write_common, state, params, 0, out.common[0])
    lower(write_flows, state, 0, out)


def lower_fuel() -> None:
    """What follows the options and says what they come to."""
    from spymaster.market.jit import lower
    from spymaster.physics.judgement.fuel_rows import write_strikes, write_summary
    from spymaster.physics.levels.option_levels import place_option_levels
    from spymaster.physics.memory.outputs import new_out
    from spymaster.physics.options.fuel import refresh_fuel

    state, params = _memory()
    out = new_out(1, True)
    lower(refresh_fuel, state, params, 0)
    lower(place_option_levels, state, params, 0.0)
    lower(write_summary, state, params, out.snaps[0]["options"])
    lower(write_strikes, state, params, out.strikes[0])


def lower_records() -> None:
    """Records of every kind into book, ledger and tape."""
    from spymaster.market.jit import lower
    from spymaster.market.kinds import MBP10_WORDS, Kind
    from spymaster.physics.book.trading_status import FUTURE
    from spymaster.physics.dispatch import step_depth, step_equity, step_option, step_trade

    state, params = _memory()
    words, kind = np.zeros(MBP10_WORDS, np.int64), np.uint8(Kind.BBO)
    lower(step_depth, state, params, words, -1, FUTURE)
    lower(step_trade, state, params, words, -1, FUTURE)
    lower(step_equity, state, params, words, -1, kind)
    lower(step_option, state, params, words, -1, kind, 0)


def compile_views() -> None:
    """What screens read, and bars into history."""
    from spymaster.physics.engine import BAR_WORDS
    from spymaster.physics.history import ingest_bars
    from spymaster.physics.views import read_bucket_trades, read_chart, read_heat, read_ladder, read_profile
    from spymaster.signals.chart.bars import CHART_BAR, PROFILE_ROW
    from spymaster.signals.frame import LADDER_ROW

    engine, params = _engine()
    ingest_bars(engine.state, params, np.zeros((1, BAR_WORDS), np.int64))
    read_ladder(engine.state, params, 3 * NS_PER_S, 0, np.zeros(1, LADDER_ROW))
    read_heat(engine.state, 0, np.zeros(1, np.int32))
    read_bucket_trades(engine.state, np.zeros((1, 3), np.int64))
    read_chart(engine.state, np.zeros(2, CHART_BAR))
    read_profile(engine.state, np.zeros(2, PROFILE_ROW))


def compile_record() -> None:
    """What follows tests of levels beside a session."""
    from spymaster.ledger.follow import prepare

    prepare()


def compile_engine() -> None:
    """The engine itself, and whatever it still lacks, by letting one see a record, a fault and the end."""
    from spymaster.market.batches import Batch
    from spymaster.market.frames import RecordsFrame, WatermarkFrame
    from spymaster.market.kinds import MBP10_WORDS, Kind

    engine, _ = _engine()
    list(engine.feed(RecordsFrame(Batch.of(Kind.MBP10, np.zeros((1, MBP10_WORDS), np.int64)))))
    list(engine.feed(WatermarkFrame(3 * NS_PER_S)))
    list(engine.finish())


@functools.cache
def load_engine() -> None:
    """Have in memory, once in this process, whatever computes and draws a session.

    Kernels are loaded where they are first called, which takes seconds on a busy machine and holds the interpreter: a
    live session does it before it asks for records. What exists then is not looked at by the collector any more, whose
    walk over everything a process holds takes as long as hundreds of batches.
    """
    import spymaster.session.frames.builder
    import spymaster.session.frames.heat_store
    import spymaster.session.headless
    import spymaster.session.scoring.choice  # noqa: F401

    compile_engine()
    compile_views()
    gc.freeze()


def load_models() -> None:
    """Have in memory what models with several heads are told and asked with. It is no part of an engine that is warm: a
    session that asks none needs none of it."""
    from spymaster.models.kernels_loaded import load_kernels

    load_kernels()


def _collect_rarely() -> None:
    """In a process that only compiles: the collector took a tenth of its time, walking over what stays, all of numba.

    Never would be quicker still, and cost twice the memory.
    """
    from spymaster.market.jit import compiles_whole_programs

    # by the small kernel it looks at, all of numba is in memory
    compiles_whole_programs()
    gc.freeze()
    gc.set_threshold(20_000, 10, 50)


def _tell(symbol: str) -> None:
    """A kernel is done."""
    os.write(1, f"{symbol}\n".encode())


def _pass_on(other: subprocess.Popen[bytes]) -> None:
    """Tell of what another process has done, where we tell of our own."""
    from spymaster.market.kernels.lowered import lowered_kernels

    for line in other.stdout or ():
        lowered_kernels().tell(line.decode().strip())


def _end_with_standard_input() -> None:
    """Nobody is left who wants the kernels: end at once, wherever the compiler is."""
    with contextlib.suppress(OSError):
        while os.read(0, 1):
            pass
    os._exit(os.EX_TEMPFAIL)


def main(arguments: Sequence[str]) -> int:
    """Compile as a process of its own; returns its exit code."""
    from spymaster.market.kernel_cache import unkept
    from spymaster.market.kernels.lowered import lowered_kernels

    if _TELLS in arguments:
        lowered_kernels().tell = _tell
    if _LEASHED in arguments:
        threading.Thread(target=_end_with_standard_input, daemon=True).start()
    if _RECORDS in arguments:
        _collect_rarely()
        lower_fuel()
        lower_records()
        compile_views()
    else:
        compile_all()
    return _NOT_KEPT if unkept() else os.EX_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
