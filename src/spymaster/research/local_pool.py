"""Workers that are processes of this machine: each lives one item at a time, and another takes over when one dies."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Final, NamedTuple, NoReturn

from spymaster.errors import ExitCode, UserError
from spymaster.research.item import MOST_BEGINNINGS, Item, give_up, work_on

_END_S: Final = 10.0
_MOST_STILLBORN: Final = 3
_TELL_EVERY: Final = 0.01


class Ready(NamedTuple):
    """A worker can take an item."""


class Share(NamedTuple):
    """So much of its item is done."""

    share: float


class Done(NamedTuple):
    """An item is done, with all its results or failures written. ``cpu_s``, ``wall_s``: what it took; ``problem``: why
    nothing could be written down."""

    cpu_s: float
    wall_s: float
    problem: str = ""


class Watching:
    """What a pool says of its work; by default to nobody."""

    def on_share(self, item: Item, share: float) -> None:
        """So much of an item is done."""

    def on_done(self, item: Item, cpu_s: float) -> None:
        """An item is done."""

    def on_problem(self, line: str) -> None:
        """Something is to be known."""


class _Worker(NamedTuple):
    process: BaseProcess
    line: Connection


class LocalPool:
    """``workers`` processes. ``serve``: what each runs, given its end of the line, a function of a module.

    ``most_beginnings``: an item whose workers die is given up after so many.
    """

    def __init__(
        self,
        workers: int,
        serve: Callable[[Connection], None] | None = None,
        *,
        most_beginnings: int = MOST_BEGINNINGS,
    ) -> None:
        self._count = workers
        self._serve = serve or serve_line
        self._most_beginnings = most_beginnings
        self._stillborn = 0

    def run(self, items: Sequence[Item], watching: Watching) -> None:
        """Have all items done. Raises UserError where workers cannot be started; an interruption ends them."""
        waiting, begun = deque(items), Counter[str]()
        at_work: dict[_Worker, Item | None] = {self._start(): None for _ in range(min(self._count, len(items)))}
        try:
            while at_work:
                lines = {worker.line: worker for worker in at_work}
                for line in wait(list(lines)):
                    assert isinstance(line, Connection)
                    worker = lines[line]
                    try:
                        said = line.recv()
                    except (EOFError, OSError):
                        self._bury(worker, at_work, waiting, begun, watching)
                        continue
                    item = at_work[worker]
                    if isinstance(said, Share) and item is not None:
                        watching.on_share(item, said.share)
                        continue
                    if isinstance(said, Done) and item is not None:
                        self._stillborn = 0
                        if said.problem:
                            watching.on_problem(f"{item.words}: {said.problem}")
                        watching.on_done(item, said.cpu_s)
                    self._give(worker, at_work, waiting, begun)
        finally:
            _end(list(at_work))

    def _start(self) -> _Worker:
        # a fork would take threads of the libraries along that are not there any more
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=self._serve, args=(theirs,), daemon=True)
        # a terminal interrupts all of its processes: this one ends the others, which never hear of it
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        return _Worker(process, ours)

    def _give(
        self, worker: _Worker, at_work: dict[_Worker, Item | None], waiting: deque[Item], begun: Counter[str]
    ) -> None:
        """The next item, or leave to go."""
        if not waiting:
            del at_work[worker]
            _end([worker])
            return
        item = at_work[worker] = waiting.popleft()
        begun[item.key] += 1
        worker.line.send(item)

    def _bury(
        self,
        worker: _Worker,
        at_work: dict[_Worker, Item | None],
        waiting: deque[Item],
        begun: Counter[str],
        watching: Watching,
    ) -> None:
        """A worker has died: its item is somebody else's, last of all, and another worker takes its place."""
        item = at_work.pop(worker)
        worker.process.join()
        how = f"a worker ended with {worker.process.exitcode}"
        _end([worker])
        if item is None:
            self._stillborn += 1
            if self._stillborn >= _MOST_STILLBORN:
                raise UserError(
                    "research run", f"{how} before it began", "see what it said above", code=ExitCode.FAILURE
                )
        elif begun[item.key] >= self._most_beginnings:
            watching.on_problem(f"{item.words}: {how}, and it is given up")
            give_up(item, begun[item.key])
            watching.on_done(item, 0.0)
        else:
            watching.on_problem(f"{item.words}: {how}; another begins it again")
            waiting.append(item)
        if waiting:
            at_work[self._start()] = None


def serve_line(line: Connection) -> None:
    """The process of a worker: items come on the line, and words about them go back."""
    signal.signal(signal.SIGTERM, _leave)
    one_core()
    line.send(Ready())
    while True:
        try:
            item: Item = line.recv()
        except EOFError:
            return
        line.send(_done(item, line))


def one_core() -> None:
    """Have libraries start no threads of their own to compute with."""
    import pyarrow

    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)


def _done(item: Item, line: Connection) -> Done:
    told = 0.0

    def tell(share: float) -> None:
        nonlocal told
        if share - told >= _TELL_EVERY:
            told = share
            try:
                line.send(Share(share))
            except OSError:
                # nobody is there any more
                sys.exit(ExitCode.FAILURE)

    cpu_s, wall_s = time.process_time(), time.monotonic()
    problem = ""
    try:
        work_on(item, tell)
    except OSError as error:
        problem = f"{error.filename}: {error.strerror}"
    return Done(time.process_time() - cpu_s, time.monotonic() - wall_s, problem)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """What is half written is deleted on the way out."""
    sys.exit(128 + number)


def _end(workers: Sequence[_Worker]) -> None:
    """Have workers end, whatever they are at."""
    for worker in workers:
        worker.line.close()
        worker.process.terminate()
    for worker in workers:
        worker.process.join(_END_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.process.close()
