"""Signals that ask the program to end, turned into an exception that ends it in order."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Final, Self

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AGAIN_S: Final = 0.01
_IMPORTER: Final = "<frozen importlib._bootstrap>"


class Interrupted(SystemExit):
    """A signal asked the program to end. The exit code is 128 and its number, as a shell reports such an end.

    A SystemExit, because every library lets one pass and nothing prints a traceback for it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.exit_code = 128 + number
        self.signal = signal.Signals(number)

    def __str__(self) -> str:
        return "interrupted" if self.signal is signal.SIGINT else f"ended by {self.signal.name}"


class _Handler:
    """Raises ``Interrupted`` in the main thread, at once or when what must not be torn apart is done.

    An import is not torn apart either: what it runs may make another error of an interruption or pass over it, and the
    locks of modules that it holds would never be let go.
    """

    def __init__(self) -> None:
        self.holds = 0
        self.waiting: int | None = None
        self.raised: Interrupted | None = None
        """The latest that was raised, whatever has become of it."""
        self._coming: signal.Signals | None = None
        self._sending = threading.Lock()

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.holds:
            self.waiting = number if self.waiting is None else self.waiting
        elif _is_importing(frame):
            self.put_off(number)
        else:
            self.raised = Interrupted(number)
            raise self.raised

    def put_off(self, number: int) -> None:
        """Let the signal come again in a moment, unless one is to come already."""
        if self._coming is None:
            self._coming = signal.Signals(number)
            again = threading.Timer(_AGAIN_S, self._send_again)
            again.daemon = True
            again.start()

    def raise_put_off(self) -> None:
        """Raise the signal that was to come again, if there is one: here is a good place."""
        if (number := self.forget()) is not None:
            raise Interrupted(number)

    def settle(self) -> None:
        """The program ended by itself. Raises what it was to end by: it is still to come, or somebody swallowed it."""
        self.raise_put_off()
        if self.raised is not None:
            raise self.raised

    def forget(self) -> signal.Signals | None:
        """The signal that was to come again, which does not come any more."""
        with self._sending:
            number, self._coming = self._coming, None
        return number

    def on_unraisable(self, unraisable: Any) -> None:
        """An interruption that came in a place from which nothing can be raised, such as a finalizer, comes again."""
        if isinstance(unraisable.exc_value, Interrupted):
            self.put_off(unraisable.exc_value.signal)
        else:
            sys.__unraisablehook__(unraisable)

    def _send_again(self) -> None:
        main = threading.main_thread().ident
        with self._sending:
            number, self._coming = self._coming, None
            if number is not None and main is not None:
                # to this thread, so that it wakes what waits there
                signal.pthread_kill(main, number)


class held:
    """Let no signal interrupt what is done inside; one that came meanwhile is raised at the end. May be nested.

    Outside the main thread, and where signals were not taken over, it does nothing: there is nothing to hold.
    """

    def __init__(self) -> None:
        self._handler = _handler()

    def __enter__(self) -> Self:
        if self._handler is not None:
            self._handler.holds += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handler is not None:
            self._handler.holds -= 1
            if not self._handler.holds and error is None and (stop := self.take()) is not None:
                raise stop

    def take(self) -> Interrupted | None:
        """The signal that waits to be raised, which is then forgotten: the caller ends things itself."""
        if self._handler is None or self._handler.waiting is None:
            return None
        number, self._handler.waiting = self._handler.waiting, None
        return Interrupted(number)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Run a program whose signals INT, TERM and HUP raise ``Interrupted``; what is ignored already stays so.

    An interruption that nobody dealt with is said in a line, also where a library passed over it and the program came
    to its end. Afterwards these signals end the process at once.
    """
    handler = _Handler()
    taken = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    for number in taken:
        signal.signal(number, handler)
    before, sys.unraisablehook = sys.unraisablehook, handler.on_unraisable
    try:
        try:
            yield
        except SystemExit as ending:
            if not ending.code:
                handler.settle()
            elif not isinstance(ending, Interrupted):
                # it came before the program failed, and is what ended it as far as its sender is concerned
                handler.raise_put_off()
            raise
        handler.settle()
    except SystemExit as ending:
        if isinstance(ending, Interrupted):
            _say(str(ending))
        raise
    except BaseException as error:
        stop = _interruption_behind(error)
        if stop is None:
            raise
        _say(str(stop))
        raise stop from None
    finally:
        handler.forget()
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
        sys.unraisablehook = before


def raise_put_off() -> None:
    """What was to be imported is: a signal that came meanwhile ends the program before anything is done."""
    if (handler := _handler()) is not None:
        handler.raise_put_off()


@contextlib.contextmanager
def taken_back() -> Iterator[None]:
    """Afterwards the ending signals are handled as before, whatever was done to their handlers inside.

    An event loop that has had a signal leaves it with the system's own way, not with that of before.
    """
    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _handler() -> _Handler | None:
    if threading.current_thread() is not threading.main_thread():
        return None
    return next((found for found in map(signal.getsignal, ENDING) if isinstance(found, _Handler)), None)


def _is_importing(frame: FrameType | None) -> bool:
    """Whether what runs there is part of an import."""
    while frame is not None and frame.f_code.co_filename != _IMPORTER:
        frame = frame.f_back
    return frame is not None


def _interruption_behind(error: BaseException | None) -> Interrupted | None:
    """The interruption that something else was made of: Python 3.11 does that where a class is being built."""
    while error is not None and not isinstance(error, Interrupted):
        error = error.__cause__ or error.__context__
    return error


def _say(line: str) -> None:
    """On stderr, if anybody is there; a terminal that is gone must not turn into another failure."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is sys.stderr:
                print(line, file=stream)
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                _point_nowhere(stream.fileno())


def _point_nowhere(fileno: int) -> None:
    import os

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, fileno)
    os.close(nowhere)
