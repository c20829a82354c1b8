"""The recording as it goes on while the engine is being compiled: raw records at the pace asked for."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Self

import msgspec

from spymaster.errors import UserError
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame
from spymaster.session.frames.raw_market import RawMarket
from spymaster.signals.frame import Frame as Picture
from spymaster.signals.run_state import RunState, waiting_frame

if TYPE_CHECKING:
    from spymaster.session.sources.recorded import RecordedSource
    from spymaster.session.sources.replay_source import ReplayPlan


class Preview:
    """Follows a recording from its first record on. ``speed`` None: as fast as it would be live.

    A recording that cannot be opened shows nothing: whoever plays it afterwards says why.
    """

    def __init__(self, plan: ReplayPlan, speed: float | None, now_s: Callable[[], float]) -> None:
        self._plan = plan
        self._speed = speed if speed is not None else 1.0
        self._now_s = now_s
        self._source: RecordedSource | None = None
        self._frames: Iterator[Frame] = iter(())
        self._market: RawMarket | None = None
        self._began_ns, self._began_s = 0, 0.0

    def __enter__(self) -> Self:
        """Open the recording."""
        from spymaster.session.sources.forms import open_source

        with contextlib.suppress(UserError):
            self._source = open_source(self._plan)
            self._market = RawMarket(self._source.config_frame())
            self._frames = self._source.frames()
        return self

    def __exit__(self, *_: object) -> None:
        """Let it go."""
        if self._source is not None:
            self._source.close()

    @property
    def t_ns(self) -> int:
        """The moment shown, 0 before the first record."""
        return self._market.t_ns if self._market is not None else 0

    def picture(self, number: int, run: RunState) -> Picture:
        """The market as of now."""
        if self._market is None or self._source is None:
            return waiting_frame(number, run, self._plan.profile.name, "")
        with contextlib.suppress(UserError):
            self._go_on(self._market)
        shown = msgspec.structs.replace(run, first_ns=self._source.first_ns, last_ns=self._source.last_ns)
        return self._market.frame(number, shown)

    def _go_on(self, market: RawMarket) -> None:
        """Take the records due by now; the first of them begins the clock."""
        while True:
            due_ns = None
            if self._began_ns:
                due_ns = self._began_ns + int((self._now_s() - self._began_s) * self._speed * 1e9)
            if not market.take(due_ns if due_ns is not None else -1):
                if due_ns is not None:
                    return
                self._began_ns, self._began_s = market.next_ns, self._now_s()
                continue
            frame = next(self._frames, None)
            if frame is None:
                return
            if isinstance(frame, ConfigFrame) and market.records:
                market = self._market = RawMarket(frame)
            elif isinstance(frame, RecordsFrame):
                market.begin(frame.batch)


def waiting_picture(shown: Picture | None, number: int, run: RunState, profile: str) -> Picture:
    """While there is no snap yet: what was shown without an engine, or that there is nothing."""
    if shown is None:
        return waiting_frame(number, run, profile, "")
    header = msgspec.structs.replace(shown.header, phase=run.phase, progress=run.progress, message=run.message)
    return dataclasses.replace(shown, number=number, header=header)
