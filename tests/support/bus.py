"""A served Session of prepared frames, and things to wait for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from spymaster.bus.attach.source import AttachSource
from spymaster.bus.gateway.bind import GatewayPlan
from spymaster.bus.serving import Serving
from spymaster.market.frames import ConfigFrame, TapeFrom
from tests.support.awaiting import PATIENCE_S
from tests.support.journals import ES
from tests.support.moving_source import MovingSource

CONFIG = ConfigFrame("es", b"", ES, TapeFrom.DEPTH, (), b"")
"""What a Session begins with, as far as a gateway looks at it."""
TOKEN = "0123456789abcdef0123456789abcdef"


def until(true: Callable[[], bool], what: str = "it") -> None:
    """Wait until something is true, however long that takes."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up_s, f"{what} never came true"
        time.sleep(0.005)


@contextmanager
def served(folder: Path, gateway: GatewayPlan | None = None) -> Iterator[tuple[MovingSource, Serving]]:
    """A Session served on a socket in a folder, and on a gateway where one is planned."""
    serving = Serving(on_socket=True, gateway=gateway, out="/somewhere/out", folder=folder)
    source = MovingSource(serving)
    serving.start(source)
    try:
        assert serving.problem == ""
        yield source, serving
    finally:
        serving.stop()


@contextmanager
def attached(source: AttachSource) -> Iterator[AttachSource]:
    """An attached screen's source, as long as it is wanted."""
    source.start()
    try:
        yield source
    finally:
        source.stop()


def same(one: Any, other: Any) -> bool:
    """Whether two frames or columns say the same, arrays byte for byte."""
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    if hasattr(one, "__dataclass_fields__"):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return repr(one) == repr(other)
