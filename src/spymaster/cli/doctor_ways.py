"""The ways that lead from here: to the terminal that shows the screen, and to the vendors' hosts."""

from __future__ import annotations

import os
import select
import socket
import statistics
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

_QUESTION: Final = b"\x1b7\x1b[2;1H\x1b[6n\x1b8"
"""Where is the cursor? A terminal answers once it has drawn all that came before the question. Asked from the second
row: an answer from the first could be taken for a function key."""
_ASKED: Final = 5
_ANSWER_S: Final = 2.0
_NOTHING_SEEN: Final = b"\x1b[m"
"""Drawn in no time and not to be seen: the default style again."""
_PROBES_BYTES: Final = (8_192, 65_536, 524_288)
_TELLING_S: Final = 0.02
"""A probe that takes less says only that the way is at least so wide."""
_CONNECT_S: Final = 3.0


class TerminalWay(msgspec.Struct, frozen=True):
    """``rtt_s``: median of the answers, None where none came. ``bytes_per_s``: how much it takes; with ``is_more`` at
    least that."""

    rtt_s: float | None
    bytes_per_s: float | None = None
    is_more: bool = False


def terminal_way(
    read_from: int, write_to: int, *, answer_s: float = _ANSWER_S, now_s: Callable[[], float] = time.perf_counter
) -> TerminalWay:
    """Ask a terminal (file descriptors) a few times, then behind more and more bytes that show nothing."""
    with _unechoed(read_from):
        rtts: list[float] = []
        for _ in range(_ASKED):
            took_s = _asked(read_from, write_to, b"", answer_s, now_s)
            if took_s is None:
                return TerminalWay(None)
            rtts.append(took_s)
        rtt_s = statistics.median(rtts)
        for size in _PROBES_BYTES:
            took_s = _asked(read_from, write_to, _NOTHING_SEEN * (size // len(_NOTHING_SEEN)), answer_s, now_s)
            if took_s is None:
                return TerminalWay(rtt_s)
            drain_s = took_s - rtt_s
            if drain_s > _TELLING_S:
                return TerminalWay(rtt_s, size / drain_s)
        return TerminalWay(rtt_s, _PROBES_BYTES[-1] / _TELLING_S, is_more=True)


def _asked(read_from: int, write_to: int, before: bytes, answer_s: float, now_s: Callable[[], float]) -> float | None:
    """How long a question behind some bytes takes to be answered; None where it is not."""
    begun_s = now_s()
    left = memoryview(before + _QUESTION)
    answer = b""
    while now_s() - begun_s < answer_s:
        readable, writable, _ = select.select([read_from], [write_to] if left else [], [], 0.1)
        if writable:
            # no more than a terminal's buffer surely takes: a larger write would wait inside the system
            left = left[os.write(write_to, left[:1024]) :]
        if readable:
            answer += os.read(read_from, 1024)
            if b"\x1b[" in answer and answer.rstrip().endswith(b"R"):
                return now_s() - begun_s
    return None


@contextmanager
def _unechoed(terminal: int) -> Iterator[None]:
    """Answers are read at once and not shown; what was typed before is dropped with them."""
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal, termios.TCSAFLUSH)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


class HostWay(msgspec.Struct, frozen=True):
    """``rtt_s``: how long a connection takes to be made, None where there is none. ``problem``: why."""

    host: str
    port: int
    rtt_s: float | None
    problem: str = ""


def host_way(host: str, port: int, timeout_s: float = _CONNECT_S) -> HostWay:
    """Connect to a host and hang up. The name is looked up first, so that this does not count."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return HostWay(host, port, None, "its name is not known here")
    family, kind, protocol, _, address = found[0]
    begun_s = time.perf_counter()
    try:
        with socket.socket(family, kind, protocol) as one:
            one.settimeout(timeout_s)
            one.connect(address)
    except TimeoutError:
        return HostWay(host, port, None, f"no answer within {timeout_s:g} s")
    except OSError as error:
        return HostWay(host, port, None, (error.strerror or str(error)).lower())
    return HostWay(host, port, time.perf_counter() - begun_s)
