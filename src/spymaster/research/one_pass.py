"""One pass of an engine over a day, watched by several steps at once, all in one thread."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from spymaster.errors import UserError
from spymaster.physics.engine import SNAPS_PER_BLOCK, Engine, SnapBlock
from spymaster.physics.row_hash import FIRST_DIGEST
from spymaster.research.day import Day, Settings, open_day, without_place
from spymaster.research.steps.step import Begin, Made, Step, Watcher
from spymaster.session.delivery import InlineDelivery
from spymaster.session.headless import drive

Tell = Callable[[float], None]
"""Told how much of a day is done, 0 to 1."""


class Fault(NamedTuple):
    """Why a step came to nothing, in a line; ``trace``: of an error that is the program's own fault."""

    reason: str
    trace: str = ""


def fault_of(error: Exception) -> Fault:
    """An error in words. One that is not meant for users is a fault of the program: its trace is kept."""
    if isinstance(error, UserError):
        return Fault(str(error))
    if isinstance(error, OSError) and error.filename:
        return Fault(f"{error.filename}: {error.strerror}")
    text = " ".join(str(error).split())
    return Fault(f"{type(error).__name__}: {text}", "".join(traceback.format_exception(error)))


def lived(
    day: Day, settings: Settings, steps: Mapping[str, Step], folders: Mapping[str, Path], tell: Tell
) -> dict[str, Made | Fault]:
    """What each step made of a day, in its folder; where one has a fault, the others go on.

    Raises what the source and the engine raise, before which nothing is whole.
    """
    source = open_day(day, settings)
    frame = source.config_frame()
    watched = [_Guarded(name, steps[name], Begin(day, folders[name], frame)) for name in steps]
    engine = Engine(
        snaps_per_block=SNAPS_PER_BLOCK,
        with_flows=any(step.needs_flows for step in steps.values()),
        digest=None if any(step.needs_rows for step in steps.values()) else FIRST_DIGEST,
    )
    span_ns = max(source.last_ns - source.first_ns, 1)

    def after_frame(engine: Engine) -> None:
        for one in watched:
            one.after_frame(engine)
        tell((int(engine.state["clock"][0]["next_snap_ns"]) - source.first_ns) / span_ns)

    def at_change(engine: Engine) -> None:
        for one in watched:
            one.at_change(engine)

    try:
        drive(source, engine, watched, after_frame=after_frame, at_change=at_change, delivery=InlineDelivery)
        rested_on = {
            "problems": [without_place(line, day) for line in source.problems],
            "rejected": dict(sorted(source.rejected().items())),
            "is_torn": source.is_torn,
        }
        return {one.name: one.finish(engine, rested_on) for one in watched}
    finally:
        for one in watched:
            one.discard()


class _Guarded:
    """A watcher that, once it has a fault, is asked nothing any more.

    This is the boundary at which an error of one step is kept from the others.
    """

    def __init__(self, name: str, step: Step, begin: Begin) -> None:
        self.name = name
        self._fault: Fault | None = None
        self._watcher: Watcher | None = None
        assert step.watch is not None
        try:
            self._watcher = step.watch(begin)
        except Exception as error:
            self._fault = fault_of(error)

    def on_block(self, block: SnapBlock) -> None:
        self._ask(lambda watcher: watcher.on_block(block))

    def after_frame(self, engine: Engine) -> None:
        self._ask(lambda watcher: watcher.after_frame(engine))

    def at_change(self, engine: Engine) -> None:
        self._ask(lambda watcher: watcher.at_change(engine))

    def finish(self, engine: Engine, rested_on: dict[str, object]) -> Made | Fault:
        """What it made; ``rested_on``: what is added to its figures."""
        made: list[Made] = []
        self._ask(lambda watcher: made.append(watcher.finish(engine)))
        if not made:
            assert self._fault is not None
            return self._fault
        self._watcher = None
        return Made(made[0].rows, {**made[0].facts, **rested_on})

    def discard(self) -> None:
        """Let go of what is not finished. Safe to call twice."""
        if self._watcher is not None:
            self._watcher.discard()
            self._watcher = None

    def _ask(self, what: Callable[[Watcher], None]) -> None:
        if self._watcher is None:
            return
        try:
            what(self._watcher)
        except Exception as error:
            self._fault = fault_of(error)
            self.discard()
