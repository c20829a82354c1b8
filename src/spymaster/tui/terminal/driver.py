"""The paced output driver: at most one frame on its way to the terminal, and a measured age of what is on screen.

Output leaves through a thread of its own in small pieces, so the event loop never waits for a slow terminal. Behind
every frame goes a cursor position query (DSR 6) asked from a numbered cell: the reply names the frame it answers.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import sys
import termios
import threading
import time
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from spymaster.errors import UserError
from spymaster.tui.terminal.link import AckSource, LinkMeter, LinkState

if TYPE_CHECKING:
    from textual.app import App

CHUNK_BYTES: Final = 4096
CLOSE_TIMEOUT_S: Final = 2.0
ACK_ROW: Final = 2
"""Terminal row the queries are asked from: a reply from row 1 could be taken for a function key."""

_CANCEL: Final = b"\x18\x1b[?2026l\x1b[0m"
"""Ends a frame that was cut off in the middle: cancel the sequence, close the synchronized update, reset the style."""


def query(slot: int) -> str:
    """The question behind a frame: cursor to the cell of ``slot``, report position, cursor back."""
    return f"\x1b7\x1b[{ACK_ROW};{slot + 1}H\x1b[6n\x1b8"


class OutputThread(threading.Thread):
    """Writes bytes to a file descriptor in order. ``send`` never blocks; a failed write ends it through ``on_lost``."""

    def __init__(self, fileno: int, on_taken: Callable[[int], None], on_lost: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="terminal-output")
        self._fileno = fileno
        self._on_taken = on_taken
        self._on_lost = on_lost
        self._waiting: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._closing = False

    def send(self, data: bytes) -> None:
        """Queue bytes; those of one call stay together."""
        with self._changed:
            self._waiting.extend(data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES))
            self._changed.notify()

    def discard(self) -> int:
        """Forget what has not been written yet; returns how many bytes that were."""
        with self._changed:
            size = sum(map(len, self._waiting))
            self._waiting.clear()
        return size

    def close(self, timeout_s: float) -> None:
        """Write what is left, waiting no longer than ``patience_s`` for a terminal that does not read."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self.join(timeout_s)

    def run(self) -> None:
        """Write until closed or until the terminal is gone."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                chunk = self._waiting.popleft()
            if not self._write(chunk):
                self.discard()
                self._on_lost()
                return

    def _write(self, chunk: bytes) -> bool:
        view = memoryview(chunk)
        while view:
            try:
                count = os.write(self._fileno, view)
            except BlockingIOError:
                select.select([], [self._fileno], [], 0.1)
                continue
            except OSError:
                return False
            self._on_taken(count)
            view = view[count:]
        return True


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
        self._parts: list[str] = []
        self._frame_data_at: float | None = None
        self._lock = threading.Lock()
        self._meter = LinkMeter(AckSource.TMUX if _inside_multiplexer() else AckSource.TERMINAL)
        self._gone = False
        self._quiet = threading.Event()

    @property
    def lost(self) -> bool:
        """True once the terminal is gone."""
        return self._gone

    def busy(self) -> bool:
        """True while a frame is unsent or unanswered: painting now would queue."""
        with self._lock:
            return self._meter.busy()

    def unsent(self) -> bool:
        """True while bytes wait for the system to take them."""
        with self._lock:
            return self._meter.pending_bytes > 0

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

    def begin_frame(self, data_at: float) -> None:
        """What is written up to the next ``flush`` is one frame; ``data_at``: when its data was pulled (monotonic)."""
        self._frame_data_at = data_at

    def poll(self) -> None:
        """Give up on lost replies, and measure the link's own time while it is idle. Called at the frame rate."""
        now = time.monotonic()
        with self._lock:
            freed = self._meter.overdue(now)
            ping = self._meter.ping_due(now) and self._output is not None
            slot = self._meter.pinged(now) if ping else 0
        if ping:
            self._send(query(slot))
        if freed:
            self._free()

    def write(self, data: str) -> None:
        """Collect output; it leaves with the next ``flush``, at the latest when the loop comes round."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)

    def flush(self) -> None:
        """Send what was collected, as one piece."""
        text = "".join(self._parts)
        self._parts.clear()
        data_at, self._frame_data_at = self._frame_data_at, None
        if not text:
            return
        if data_at is not None:
            with self._lock:
                slot = self._meter.sent(len(text), data_at, time.monotonic())
            text += query(slot)
        self._send(text)

    def _send(self, text: str) -> None:
        if self._output is None or self._gone:
            return
        data = text.encode("utf-8", "replace")
        with self._lock:
            self._meter.queued(len(data))
        self._output.send(data)

    def start_application_mode(self) -> None:
        """Start output and let Textual set the terminal up."""
        self._output = OutputThread(self._output_fd, self._taken, self._terminal_lost)
        self._output.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None:
            self._writer_thread.stop()
            self._writer_thread = None
        self.flush()
        self.poll()

    def resume_application_mode(self) -> None:
        """Come back from a stop: what was under way then will not be answered."""
        with self._lock:
            self._meter.forget()
        self.start_application_mode()
        if self.on_back is not None:
            self._loop.call_soon_threadsafe(self.on_back)

    def stop_application_mode(self) -> None:
        """Cut off what is still unsent and restore the terminal."""
        self._parts.clear()
        self._discard_unsent()
        self._await_replies()
        super().stop_application_mode()
        self.flush()

    def _discard_unsent(self) -> None:
        if self._output is not None and (size := self._output.discard()):
            with self._lock:
                self._meter.dropped(size)
            self._send(_CANCEL.decode())

    def _await_replies(self) -> None:
        """Wait for the replies that are still out: later they would be typed into the shell."""
        with self._lock:
            if self._gone or not self._meter.answering or not self._meter.unanswered:
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
            if message.y == ACK_ROW - 1:
                with self._lock:
                    known = self._meter.acked(message.x, time.monotonic())
                    if not self._meter.unanswered:
                        self._quiet.set()
                if known:
                    self._from_thread(self._free)
            return
        if isinstance(message, events.Key | events.MouseEvent | events.Paste):
            self._from_thread(self._input_arrived)
        super().process_message(message)

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
            self._loop.call_soon_threadsafe(callback)

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
