"""The paced output driver: at most one frame on its way to the terminal, and a measured age of what is on screen.

Output leaves through a thread of its own in small pieces, so the event loop never waits for a slow terminal. Behind
every frame goes a cursor position query (DSR 6) asked from a numbered cell: the reply names the frame it answers.
Of a frame only those cells are sent that the terminal does not show already.
"""

from __future__ import annotations

import contextvars
import fcntl
import os
import select
import struct
import sys
import termios
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from spymaster.errors import UserError
from spymaster.tui.terminal.canvas import Canvas
from spymaster.tui.terminal.link import NARROW_BYTES_PER_S, PING_SLOT, AckSource, LinkMeter, LinkState
from spymaster.tui.terminal.output_thread import CHUNK_BYTES, OutputThread
from spymaster.tui.terminal.thrift import ThriftyOutput
from spymaster.tui.terminal.window import SendWindow

if TYPE_CHECKING:
    from textual.app import App

CLOSE_TIMEOUT_S: Final = 2.0
ACK_ROW: Final = 2
"""Terminal row the queries are asked from: a reply from row 1 could be taken for a function key."""

_FEWEST_ROWS: Final = 4
"""Below this there is no row to ask anything else from."""

_CANCEL: Final = b"\x18\x1b[?2026l\x1b[0m"
"""Ends a frame that was cut off in the middle: cancel the sequence, close the synchronized update, reset the style."""


def query(slot: int) -> str:
    """The question behind a frame: cursor to the cell of ``slot``, report position, cursor back."""
    return f"\x1b7\x1b[{ACK_ROW};{slot + 1}H\x1b[6n\x1b8"


class PacedDriver(LinuxDriver):
    """Textual's terminal driver with paced output. The app asks ``busy`` before it paints.

    The app sets ``on_free`` (called in the event loop when the terminal may be painted again), ``on_input`` (called
    there before a key or click is delivered), ``on_back`` (called there when the program comes back from a stop) and
    ``on_lost`` (called there once when the terminal is gone).
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.on_free: Callable[[], None] | None = None
        self.on_input: Callable[[], None] | None = None
        self.on_lost: Callable[[], None] | None = None
        self.on_back: Callable[[], None] | None = None
        self._output_fd = terminal_fileno()
        self._output: OutputThread | None = None
        self.canvas = Canvas()
        """What the terminal shows."""
        self._parts: list[str] = []
        self._frame_data_at: float | None = None
        self._frame_size = (0, 0)
        self._frame_is_thrifty = False
        self._window = SendWindow()
        self._thrift: ThriftyOutput | None = None
        self._is_thrifty = True
        self._starting = False
        self._lock = threading.Lock()
        self._meter = LinkMeter(AckSource.TMUX if _inside_multiplexer() else AckSource.TERMINAL)
        self._gone = False
        self._quiet = threading.Event()
        self._context = contextvars.copy_context()

    @property
    def lost(self) -> bool:
        """True once the terminal is gone."""
        return self._gone

    def busy(self) -> bool:
        """True while a frame is unsent or unanswered: painting now would queue."""
        with self._lock:
            return self._meter.busy()

    def unsent(self) -> bool:
        """True while bytes wait for the system to take them that no answer to a key could overtake."""
        with self._lock:
            return self._meter.pending_bytes > 0 and not self._is_thrifty

    def overtakes(self) -> bool:
        """True where a newer picture goes before what is left of an older one."""
        return self._is_thrifty

    def link_state(self) -> LinkState:
        """The link as it is now."""
        with self._lock:
            return self._meter.state(time.monotonic())

    def hold_quality(self) -> None:
        """Stop stepping the quality by itself."""
        self._meter.adaptive = False

    def skip(self) -> None:
        """Count a frame that was not pulled because the terminal was busy."""
        with self._lock:
            self._meter.skipped += 1

    def begin_frame(self, data_at: float, size: tuple[int, int]) -> None:
        """What is written up to the next ``flush`` is one frame of ``size`` (columns, rows) cells; ``data_at``: when
        its data was pulled (monotonic)."""
        self._frame_data_at, self._frame_size = data_at, size
        self._frame_is_thrifty = self._is_thrifty and size[1] >= _FEWEST_ROWS

    def forget_screen(self) -> None:
        """Nothing is known of what the terminal shows: the next frame is sent whole."""
        self.canvas.forget()
        with self._lock:
            self._thrift = None

    def poll(self) -> None:
        """Give up on lost replies, and measure the link's own time while it is idle. Called at the frame rate."""
        now = time.monotonic()
        with self._lock:
            sending = self._thrift is not None and self._thrift.unsent
            lost = self._window.overdue(now, self._meter.reply_timeout_s)
            freed = (not sending or lost) and self._meter.overdue(now)
            ping = not sending and self._meter.ping_due(now) and self._output is not None
            slot = self._meter.pinged(now) if ping else 0
            repaint = self._choose_thrift()
        if ping:
            self._send(query(slot))
        if freed:
            self._free()
        if lost or sending:
            self._poke()
        if repaint and self.on_back is not None:
            self.on_back()

    def _choose_thrift(self) -> bool:
        """Begin or end sending differences alone, as wide as the link is; True where all must be painted again."""
        thrift, capacity = self._thrift, self._meter.capacity
        self._meter.ladder.overtaken = thrift is not None
        if thrift is not None:
            thrift.heeded = self._meter.answering
            if thrift.is_wide and not thrift.unsent:
                self._thrift, self._is_thrifty = None, False
                self.canvas.forget()
        elif not self._is_thrifty and self._meter.answering and capacity is not None and capacity < NARROW_BYTES_PER_S:
            self._is_thrifty, self._window = True, SendWindow()
            return True
        return False

    def write(self, data: str) -> None:
        """Collect output; it leaves with the next ``flush``, at the latest when the loop comes round."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        as_it_is = self._frame_data_at is None or self._is_thrifty
        self._parts.append(data if as_it_is else self.canvas.shortened(data))

    def flush(self) -> None:
        """Send what was collected, as one piece."""
        if self._starting:
            return
        text = "".join(self._parts)
        self._parts.clear()
        data_at, self._frame_data_at = self._frame_data_at, None
        if not text:
            return
        if data_at is not None:
            with self._lock:
                thrifty = self._frame_is_thrifty
                slot = self._meter.sent(0 if thrifty else len(text), data_at, time.monotonic())
                text = self._differences(text, query(slot)) if thrifty else text + query(slot)
            if thrifty:
                self._poke()
        if text:
            self._send(text)

    def _differences(self, text: str, question: str) -> str:
        """Hand a frame over to be sent as differences; what of it cannot wait is returned."""
        if self._thrift is None or not self._thrift.fits(*self._frame_size):
            self._thrift = ThriftyOutput(*self._frame_size, ACK_ROW - 1, self._window)
        return self._thrift.frame(text, question)

    def _next_piece(self) -> bytes:
        """More of what differs on the screen, as far as the link has room. Runs in the output thread."""
        with self._lock:
            if self._thrift is None or self._gone:
                return b""
            data = self._thrift.piece(time.monotonic()).encode("utf-8", "replace")
            self._meter.queued(len(data))
        return data

    def _poke(self) -> None:
        if self._output is not None:
            self._output.poke()

    def _send(self, text: str) -> None:
        if self._output is None or self._gone:
            return
        data = text.encode("utf-8", "replace")
        with self._lock:
            self._meter.queued(len(data))
        self._output.send(data)

    def start_application_mode(self) -> None:
        """Start output and let Textual set the terminal up."""
        self._output = OutputThread(self._output_fd, self._taken, self._terminal_lost, self._next_piece)
        self._output.start()
        self._starting = True
        self.canvas.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None:
            self._writer_thread.stop()
            self._writer_thread = None
        self._starting = False
        # Asked before anything is written, so that the answer tells the link's own time.
        self.poll()
        self.flush()

    def _sigtstp_application(self, *_: object) -> None:
        self._from_thread(super()._sigtstp_application)

    def _sigcont_application(self, *_: object) -> None:
        # A signal comes in the midst of anything, also while the lock is held that coming back needs.
        self._from_thread(super()._sigcont_application)

    def resume_application_mode(self) -> None:
        """Come back from a stop: what was under way then will not be answered."""
        with self._lock:
            self._meter.forget()
            self._window, self._thrift, self._is_thrifty = SendWindow(), None, True
        self.start_application_mode()
        if self.on_back is not None:
            self._from_thread(self.on_back)

    def stop_application_mode(self) -> None:
        """Cut off what is still unsent and restore the terminal."""
        self._parts.clear()
        with self._lock:
            self._thrift, self._is_thrifty = None, False
        self._discard_unsent()
        self._await_replies()
        super().stop_application_mode()
        self.flush()

    def _discard_unsent(self) -> None:
        if self._output is not None and (size := self._output.discard()):
            with self._lock:
                self._meter.dropped(size)
            self.canvas.forget()
            self._send(_CANCEL.decode())

    def _await_replies(self) -> None:
        """Wait for the replies that are still out: later they would be typed into the shell."""
        with self._lock:
            asked = self._meter.unanswered or self._window.outstanding
            if self._gone or not self._meter.answering or not asked:
                return
            self._quiet.clear()
            slot, timeout_s = self._meter.pinged(time.monotonic()), self._meter.last_reply_timeout_s
        self._send(query(slot))
        self._quiet.wait(timeout_s)

    def close(self) -> None:
        """Wait a little for the last bytes, then let go."""
        self.flush()
        if self._output is not None:
            self._output.close(CLOSE_TIMEOUT_S)
            self._output = None

    def process_message(self, message: Message) -> None:
        """Take replies out of the input; tell the app of input before it arrives. Runs in the input thread."""
        if isinstance(message, events.CursorPosition):
            self._replied(message.x, message.y)
            return
        if isinstance(message, events.Key | events.MouseEvent | events.Paste):
            self._from_thread(self._input_arrived)
        super().process_message(message)

    def _replied(self, column: int, row: int) -> None:
        """The terminal answered a question: one behind a frame, one without a frame, or one behind a piece of one."""
        now = time.monotonic()
        known = False
        with self._lock:
            if row == ACK_ROW - 1:
                known = self._meter.acked(column, now)
                if known and column == PING_SLOT and self._meter.round_trip_s is not None:
                    self._window.measured(self._meter.round_trip_s)
                if not self._meter.unanswered:
                    self._quiet.set()
            if row != ACK_ROW - 1 or column != PING_SLOT:
                self._window.acked(now)
            if self._thrift is not None:
                self._meter.learned(self._window.rate)
        self._poke()
        if known:
            self._from_thread(self._free)

    def run_input_thread(self) -> None:
        """Read keys and replies until told to stop or until the terminal is gone."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            if select.select([self.fileno], [], [], 0.05)[0]:
                try:
                    data = os.read(self.fileno, CHUNK_BYTES)
                except OSError:
                    data = b""
                if not data:
                    if self.input_tty:
                        self._terminal_lost()
                    return
                for message in parser.feed(decode(data)):
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)

    def _taken(self, count: int) -> None:
        with self._lock:
            self._meter.taken(count, time.monotonic())
            drained = self._meter.pending_bytes == 0
        if drained:
            self._from_thread(self._free)

    def _terminal_lost(self) -> None:
        if not self._gone:
            self._gone = True
            self._from_thread(self._report_lost)

    def _report_lost(self) -> None:
        if self.on_lost is not None:
            self.on_lost()

    def _free(self) -> None:
        if self.on_free is not None:
            self.on_free()

    def _input_arrived(self) -> None:
        if self.on_input is not None:
            self.on_input()

    def _from_thread(self, callback: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            # in the application's context: a thread has none, and what is being taken down cannot find it otherwise
            self._loop.call_soon_threadsafe(callback, context=self._context)

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and rows as the terminal itself has them; 80x24 where it does not say."""
        try:
            answer = fcntl.ioctl(self._output_fd, termios.TIOCGWINSZ, bytes(8))
        except OSError:
            return 80, 24
        rows, columns, _, _ = struct.unpack("HHHH", answer)
        return columns or 80, rows or 24

    def _enable_mouse_support(self) -> None:
        """Clicks and the wheel only: reports of every motion would load the way back from the terminal."""
        if self._mouse:
            self.write("\x1b[?1000h\x1b[?1006h")

    def _disable_mouse_support(self) -> None:
        if self._mouse:
            self.write("\x1b[?1006l\x1b[?1000l")

    def _query_in_band_window_resize(self) -> None:
        """Not asked: the size signal is enough, and in-band reports would switch the mouse to pixels."""


def _inside_multiplexer() -> bool:
    term = os.environ.get("TERM", "")
    return "TMUX" in os.environ or "STY" in os.environ or term.startswith(("tmux", "screen"))


def terminal_fileno() -> int:
    """Where to draw: stderr as long as it is the terminal, otherwise stdout. Raises UserError."""
    for stream in (sys.__stderr__, sys.__stdout__):
        if stream is not None and stream.isatty():
            return stream.fileno()
    raise UserError(
        "the cockpit",
        "there is no terminal to show it on",
        "run in a terminal, or use `replay --headless` or `--screenshot`",
    )
