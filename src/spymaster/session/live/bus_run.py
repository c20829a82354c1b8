"""A run that comes over the bus, lived as any other: journalled first, and gone on with wherever it was left.

A role that is ended or killed has its own journal. A later one lives that again, without writing anything twice, and
then goes on with the bus where its journal ends.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.journal.codec import EndFrame, decode_alerts, decode_frame, decode_signals, encode_frame
from spymaster.journal.format import FrameFlag, FrameKind, segments_in
from spymaster.journal.inlet import JournalInlet, Published
from spymaster.journal.reader import JournalReader
from spymaster.journal.source import Arrival
from spymaster.journal.writer import JournalWriter
from spymaster.ledger.rows import NO_TESTS
from spymaster.market.frames import Frame, GapFrame

_MISSING: Final = re.compile(r"^(\d+) frames are missing on the bus$")


class FrameOnBus(Protocol):
    """One frame of the run, in its place. ``flags``: as the journal that it was first written to has them."""

    @property
    def frame(self) -> Frame | EndFrame:
        """The frame itself."""
        ...

    @property
    def flags(self) -> FrameFlag:
        """Its flags."""
        ...


class RunOnBus(Protocol):
    """The frames of one run as a bus gives them, whatever bus that is."""

    @property
    def problem(self) -> str:
        """What is wrong, in words; empty while nothing is."""
        ...

    @property
    def end(self) -> EndFrame | None:
        """How the run ended, None while it goes on."""
        ...

    @property
    def clock_ns(self) -> int:
        """The clock with the latest frame, as its sender says."""
        ...

    def frames(self) -> Iterator[FrameOnBus]:
        """In order, until the end or ``close``. Raises ValueError for what another version of the program wrote."""
        ...

    def close(self) -> None:
        """End. Safe to call twice and from another thread."""
        ...


@dataclass(frozen=True, slots=True)
class LivedBefore:
    """What an own journal holds: ``frames`` in all, ``inputs`` of the engine among them, ``snaps`` and ``alerts`` that
    were published. ``next_frame``: number of the first frame of the run that is not in it. ``ended``: it was closed."""

    frames: int = 0
    inputs: int = 0
    snaps: int = 0
    alerts: int = 0
    next_frame: int = 0
    ended: bool = False


def lived_before(journal: Path) -> LivedBefore:
    """What is in a journal, all zero where there is none. Raises JournalError."""
    if not segments_in(journal):
        return LivedBefore()
    frames = inputs = snaps = alerts = next_frame = 0
    ended = False
    with contextlib.closing(JournalReader(journal)) as reader:
        for stored in reader.frames():
            frames += 1
            if stored.kind is FrameKind.SIGNAL:
                snaps += len(decode_signals(stored).snaps)
            elif stored.kind is FrameKind.ALERT:
                alerts += len(decode_alerts(stored))
            elif stored.kind is FrameKind.END:
                ended = True
            else:
                inputs += 1
                next_frame += _frames_of(decode_frame(stored) if stored.kind is FrameKind.GAP else None)
        reader.check_tail()
    return LivedBefore(frames, inputs, snaps, alerts, next_frame, ended)


def _frames_of(content: Frame | EndFrame | None) -> int:
    """How many frames of the run one of an own journal stands for: a gap of the bus for all that are missing."""
    found = _MISSING.match(content.reason) if isinstance(content, GapFrame) else None
    return int(found[1]) if found is not None else 1


class BusArrivals:
    """What a session of a role reads: its own journal as far as there is one, then the bus (``LiveArrivals``)."""

    def __init__(self, journal: Path, before: LivedBefore, bus: RunOnBus) -> None:
        self._journal, self._before, self._bus = journal, before, bus
        self._closing = False

    @property
    def problem(self) -> str:
        """What is wrong with the bus, in words."""
        return self._bus.problem

    @property
    def is_ended(self) -> bool:
        """Whether the run on the bus has come to its end."""
        return self._bus.end is not None

    @property
    def clock_ns(self) -> int:
        """The clock with the latest frame, as its sender says."""
        return self._bus.clock_ns

    def frames(self) -> Iterator[Frame]:
        """What an engine is given."""
        for arrival in self.arrivals():
            if arrival.is_for_engine:
                yield arrival.frame

    def arrivals(self) -> Iterator[Arrival]:
        """Everything. Raises UserError where the bus speaks another version's language."""
        yield from self._relived()
        if self._closing:
            return
        try:
            for one in self._bus.frames():
                assert not isinstance(one.frame, EndFrame)
                yield Arrival(one.frame, one.flags)
        except ValueError as error:
            remedy = "run the same version on both sides"
            raise UserError("the bus", str(error), remedy, code=ExitCode.DATA) from None

    def close(self) -> None:
        """End. Safe to call twice and from another thread."""
        self._closing = True
        self._bus.close()

    def _relived(self) -> Iterator[Arrival]:
        if not self._before.frames:
            return
        with contextlib.closing(JournalReader(self._journal)) as reader:
            for number, stored in enumerate(reader.frames(), 1):
                if stored.kind not in (FrameKind.SIGNAL, FrameKind.ALERT, FrameKind.END):
                    content = decode_frame(stored)
                    assert not isinstance(content, EndFrame)
                    yield Arrival(content, stored.flags)
                # what follows is written by ourselves meanwhile
                if number == self._before.frames or self._closing:
                    return


@dataclass(frozen=True, slots=True, eq=False)
class _Rest:
    snaps: NDArray[Any]
    rows: NDArray[Any]
    alerts: NDArray[Any]
    strikes: NDArray[Any]


class BusInlet(JournalInlet):
    """Writes frames as the bus gives them, cut as their first journal has them, and passes over what is in the journal
    already. ``clock_ns``: the clock with the frame that is being written."""

    def __init__(
        self, writer: JournalWriter, before: LivedBefore, clock_ns: Callable[[], int], *, strikes: bool = False
    ) -> None:
        super().__init__(writer, strikes=strikes)
        self._own, self._clock = writer, clock_ns
        self._inputs, self._snaps, self._alerts = before.inputs, before.snaps, before.alerts

    def on_frame(self, frame: Frame, flags: FrameFlag = FrameFlag.NONE) -> None:
        """Append what arrived."""
        if self._inputs:
            self._inputs -= 1
            return
        self._own.append(encode_frame(frame), clock_ns=self._clock(), flags=flags)

    def publish(self, block: Published, tests: NDArray[Any] = NO_TESTS) -> None:
        """Append what is new of it. Blocks are of one snap each: its tests are in the journal as it is."""
        snaps, alerts = min(self._snaps, len(block.snaps)), min(self._alerts, len(block.alerts))
        self._snaps -= snaps
        self._alerts -= alerts
        super().publish(
            _Rest(block.snaps[snaps:], block.rows[snaps:], block.alerts[alerts:], block.strikes[snaps:]), tests
        )
