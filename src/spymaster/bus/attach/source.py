"""A Session elsewhere as a ``FrameSource``: asked in a thread of its own, and again when the connection is lost."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from typing import Final

import msgspec

from spymaster.bus.attach.heat_mirror import HeatMirror
from spymaster.bus.attach.ways import LostError, RefusedError, Way
from spymaster.bus.wire.exchange import HEAT_SECONDS, LAYOUT, PROTOCOL, Ask, Hello
from spymaster.bus.wire.frames import Told, decode_answer
from spymaster.bus.wire.packing import WireError
from spymaster.signals.chart.bars import Chart
from spymaster.signals.frame import Command, Frame, HeatColumns, LevelHistory, Mode, Phase
from spymaster.signals.run_state import RunState, empty_history, waiting_frame

SILENCE_S: Final = 5.0
"""A Session that has not answered for so long is taken for lost: it answers twice a second, whatever happens."""
AGAIN_S: Final = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Waits before the connection is tried again, the last one from then on."""
_WANTED_S: Final = 10.0
"""Bars and a level's history are asked for as long after somebody looked at them."""
_CHART_EVERY_S: Final = 1.0
_HEAT_IN_FRAME_S: Final = 8

_hellos: Final = msgspec.msgpack.Decoder(Hello)


class Standing(msgspec.Struct, frozen=True):
    """How a screen stands to its Session. ``age_s``: of what it shows, None before anything came; ``lost``: why there
    is no connection, in words, empty while there is one."""

    age_s: float | None
    lost: str = ""


class AttachSource:
    """Frames of a Session elsewhere. ``connect`` makes a connection or raises LostError; ``say`` is told in a line when
    one is lost or made again; ``news`` is called at each newer frame, in a thread of its own. Takes no commands.
    ``now_s``: a monotonic clock; ``wait``: until an event or for a time.
    """

    def __init__(
        self,
        connect: Callable[[], Way],
        *,
        say: Callable[[str], None] = lambda _line: None,
        news: Callable[[], None] = lambda: None,
        now_s: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._connect, self._say, self._news, self._now_s, self._wait = connect, say, news, now_s, wait
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="attach", daemon=True)
        self._way: Way | None = None
        self._frame: Frame | None = None
        self._heat = HeatMirror()
        self._chart = Chart()
        self._chart_s = self._chart_wanted_s = self._history_wanted_s = float("-inf")
        self._history: LevelHistory | None = None
        self._wanted: tuple[str, int] = ("", 0)
        self._answered_s: float | None = None
        self._lost = "connecting"
        self._number = 0
        self.hello: Hello | None = None
        """The Session's greeting, once there was one."""
        self.refused = ""
        """Why no connection will be tried any more."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Let the Session go, which takes no notice. Safe to call twice."""
        self._stopping.set()
        if self._way is not None:
            self._way.close()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    @property
    def standing(self) -> Standing:
        """How old what is shown is, and whether there is a connection."""
        answered_s = self._answered_s
        return Standing(
            None if answered_s is None else max(self._now_s() - answered_s, 0.0), self.refused or self._lost
        )

    def latest(self) -> Frame | None:
        """The newest frame that has come; before the first, one that says what is waited for."""
        if self._frame is not None:
            return self._frame
        words = self.refused or self._lost or "waiting for the first frame"
        phase = Phase.FAILED if self.refused else Phase.LOADING
        run = RunState(Mode.LIVE, phase, simulated=False, speed=1.0, first_ns=0, last_ns=0, message=words)
        self._number -= 1
        return waiting_frame(self._number, run, "spy", "")

    def heat(self, seconds: int) -> HeatColumns:
        """Up to ``seconds`` newest heat columns."""
        return self._heat.columns(seconds)

    def chart(self) -> Chart:
        """The chart that has come; asking for it has a newer one fetched."""
        self._chart_wanted_s = self._now_s()
        return self._chart

    def level_history(self, level_id: str, seconds: int) -> LevelHistory:
        """What has come of a level's past; asking for it has it fetched."""
        self._wanted = (level_id, min(seconds, HEAT_SECONDS))
        self._history_wanted_s = self._now_s()
        held = self._history
        return held if held is not None and held.level_id == level_id else empty_history(level_id)

    def send(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """A screen elsewhere only looks."""

    def _work(self) -> None:
        tries = 0
        while not self._stopping.is_set():
            try:
                self._way = self._connect()
                tries = 0
                self._talk(self._way)
            except RefusedError as error:
                self.refused = str(error)
                self._tell_lost(str(error))
                return
            except (LostError, WireError) as error:
                self._tell_lost(str(error))
            finally:
                if self._way is not None:
                    self._way.close()
            self._wait(self._stopping, AGAIN_S[min(tries, len(AGAIN_S) - 1)])
            tries += 1

    def _tell_lost(self, why: str) -> None:
        if not self._lost and not self._stopping.is_set():
            self._say(f"connection lost: {why}; trying again")
        self._lost = why

    def _talk(self, way: Way) -> None:
        self._greet(way.receive(SILENCE_S))
        after = -1
        heat_after = -1
        while not self._stopping.is_set():
            way.send(msgspec.msgpack.encode(self._ask(after, heat_after)))
            told = decode_answer(way.receive(SILENCE_S))
            self._take(told)
            if told.frame is not None:
                after = told.frame.number
            heat_after = self._heat.newest
            if self._lost:
                self._say("connected")
                self._lost = ""

    def _greet(self, message: bytes) -> None:
        try:
            hello = _hellos.decode(message)
        except msgspec.MsgspecError:
            raise RefusedError("what answers there is no Session of this program") from None
        if (hello.protocol, hello.layout) != (PROTOCOL, LAYOUT):
            problem = f"the session there is of version {hello.program}, whose frames this one cannot read"
            raise RefusedError(f"{problem}; attach with the same version")
        self.hello = hello

    def _ask(self, after: int, heat_after: int) -> Ask:
        now_s = self._now_s()
        level_id, seconds = self._wanted if now_s - self._history_wanted_s < _WANTED_S else ("", 0)
        wants_chart = now_s - self._chart_wanted_s < _WANTED_S and now_s - self._chart_s >= _CHART_EVERY_S
        return Ask(after=after, heat_after=heat_after, chart=wants_chart, history=level_id, seconds=seconds)

    def _take(self, told: Told) -> None:
        if told.heat is not None and len(told.heat):
            self._heat.put(told.heat)
        if told.chart is not None:
            self._chart, self._chart_s = told.chart, self._now_s()
        if told.history is not None:
            self._history = told.history
        self._answered_s = self._now_s()
        if told.frame is not None:
            # a screen that leaves out frames still gets the end of a second whose column it has seen half filled
            self._frame = dataclasses.replace(told.frame, heat=self._heat.columns(_HEAT_IN_FRAME_S))
            self._news()
