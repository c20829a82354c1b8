"""Running an asyncio program in the main thread, where a signal may come at any moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from spymaster.interrupts import held

T = TypeVar("T")


def run_in_loop(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """As ``asyncio.run(main())``, but no signal meets an event loop that is half made.

    Torn apart there, a loop's own finalizers print errors of their own after the program's one line. An interruption
    that comes later ends what runs, whose tasks are cancelled.
    """
    with contextlib.ExitStack() as ending:
        with held():
            runner = ending.enter_context(asyncio.Runner())
            runner.get_loop()
        return runner.run(main())
