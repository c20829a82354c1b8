"""The queue that a command line names: ``nats://HOST[:PORT][/NAME]``."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from spymaster.bus.nats.work_queue import WorkQueue
from spymaster.cli.live.bus import bus_address, connector
from spymaster.config.loader import load_config
from spymaster.errors import ExitCode, UserError
from spymaster.research.bus_loop import QueueThread
from spymaster.research.bus_pool import BusPool
from spymaster.research.steps.table import code_of_all

_URL: Final = re.compile(
    r"(?P<servers>(nats|tls)://[^\s@/,]+(,(nats|tls)://[^\s@/,]+)*)(/(?P<name>[A-Za-z0-9_-]{1,40})?)?"
)
_NAME: Final = "research"


def queue_at(url: str, config: Path | None, what: str) -> QueueThread:
    """A queue to take from. Raises UserError."""
    return QueueThread(_maker(url, config, what))


def bus_pool(url: str, config: Path | None) -> BusPool:
    """A pool of the workers of a queue. Raises UserError."""
    return BusPool(_maker(url, config, "research run"), url)


def _maker(url: str, config: Path | None, what: str) -> Callable[[], WorkQueue]:
    match = _URL.fullmatch(url)
    if match is None:
        remedy = "write nats://HOST:PORT/NAME; a user and a password come from the environment"
        raise UserError(url, "is no address of a queue", remedy, code=ExitCode.USAGE)
    nats = msgspec.structs.replace(load_config(config).nats, url=match["servers"])
    address = bus_address(nats, wanted=True)
    assert address is not None
    connect = connector(address, tuple(match["servers"].split(",")), what)
    return lambda: WorkQueue(connect(), match["name"] or _NAME, code_of_all(), replicas=nats.replicas)
