"""``run --role gateway``: signals and frames of a session elsewhere, served over HTTP to browsers and programs here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from spymaster.bus.attach.nats_way import NatsWay, serving_on
from spymaster.bus.attach.source import AttachSource
from spymaster.bus.attach.ways import LostError
from spymaster.bus.gateway.bus_feed import BusFeed
from spymaster.bus.gateway.messages import MessageLog
from spymaster.bus.nats.asking import plain_name
from spymaster.bus.nats.connection import Connection
from spymaster.bus.serving import Serving
from spymaster.cli.live.bus import connector, host_name
from spymaster.cli.live.gateway import gateway_line, gateway_plan
from spymaster.cli.live.metrics import metrics_served
from spymaster.cli.live.work import say
from spymaster.config.structs import Config
from spymaster.errors import ExitCode
from spymaster.interrupts import Interrupted
from spymaster.journal.mirror_plan import BusAddress

_OPEN_S: Final = 5.0
_FIND_S: Final = 3.0
_TELL_S: Final = 0.5

_log = logging.getLogger(__name__)


def run_gateway(config: Config, address: BusAddress, urls: tuple[str, ...], listen: str, *, name: str) -> int:
    """Serve until a signal ends it; the exit code. ``name``: of this gateway among others of the machine. Raises
    UserError where it cannot listen."""
    make = connector(address, urls, "gateway")
    plan = gateway_plan(config.gateway, wanted=True, listen=listen)
    consumer = plain_name(f"gateway-{host_name().rpartition('-')[0]}-{name}")
    feeds: list[BusFeed] = []

    def feed(log: MessageLog) -> BusFeed:
        feeds.append(BusFeed(log, make, consumer))
        return feeds[0]

    serving = Serving(on_socket=False, gateway=plan, feed=feed)
    source = AttachSource(lambda: _newest(make), say=_log.info, news=serving.published)
    try:
        source.start()
        serving.start(source)
        say(gateway_line(serving, plan))
        with metrics_served(config.metrics, "gateway", lambda text: None, say):
            _tell(source, feeds)
    except Interrupted as stop:
        return stop.exit_code
    finally:
        serving.stop()
        source.stop()
    return ExitCode.FAILURE


def _newest(make: Callable[[], Connection]) -> NatsWay:
    """To the session that was started last. Raises LostError."""
    there = serving_on(make, _FIND_S)
    if not there:
        raise LostError("no session serves frames on the bus")
    return NatsWay(make, max(there, key=lambda one: one.since_ns).name, _OPEN_S)


def _tell(source: AttachSource, feeds: list[BusFeed]) -> None:
    """Say what is wrong when it changes, until a signal comes."""
    told = ""
    never = threading.Event()
    while True:
        message = next((feed.problem for feed in feeds if feed.problem), "") or source.standing.lost
        if message != told:
            say(message or "all is well")
            told = message
        never.wait(_TELL_S)
