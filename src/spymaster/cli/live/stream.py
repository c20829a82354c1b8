"""``stream``: signals and alerts as JSON lines, of a session on NATS or behind a gateway, or of a replay."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from spymaster.bus.attach.lines import GatewayLines
from spymaster.bus.attach.ways import RefusedError
from spymaster.bus.gateway.bind import TOKEN_VARIABLE
from spymaster.bus.gateway.metrics import MetricsText
from spymaster.bus.nats.broker import NotStoredError
from spymaster.bus.nats.connection import Connection
from spymaster.bus.nats.credentials import secrets_of
from spymaster.bus.nats.embedded import found_server
from spymaster.bus.nats.names import ALERTS, SIGNALS
from spymaster.bus.nats.receiver import LevelLines
from spymaster.cli.live.attach import lines_of
from spymaster.cli.live.bus import bus_address
from spymaster.cli.live.metrics import metrics_served
from spymaster.cli.live.work import say
from spymaster.cli.request import Request, parse_speed, prepare
from spymaster.config.loader import load_config
from spymaster.errors import ExitCode, UserError
from spymaster.event_loop import run_in_loop
from spymaster.journal.mirror_plan import EMBEDDED
from spymaster.signals.encode import SignalEncoder
from spymaster.signals.feed_words import FeedWords

if TYPE_CHECKING:
    from spymaster.physics.engine import SnapBlock

_AGAIN_S: Final = 0.5
_NATS: Final = ("nats://", "tls://")


class StreamRequest(msgspec.Struct, frozen=True):
    """What was asked for. ``source``: a recording, or a URL of a gateway or a NATS server; None for the bus of the
    configuration. ``alerts``: those alone."""

    source: str | None
    config: Path | None
    url: str | None
    profile: str | None
    speed: str
    alerts: bool


def run_stream(request: StreamRequest) -> int:
    """Print lines until there are no more, or a signal ends it; the exit code. Raises UserError."""
    lines = Lines(alerts=request.alerts)
    with metrics_served(load_config(request.config).metrics, "stream", lines.figures, say):
        return _streamed(request, lines)


def _streamed(request: StreamRequest, lines: Lines) -> int:
    source = request.source
    if source is not None and not source.startswith(_NATS):
        return _behind_gateway(source, lines) if "://" in source else _replayed(request, Path(source), lines)
    url = source or request.url
    config = load_config(request.config, overrides={"nats.url": url} if url else None)
    address = bus_address(config.nats, wanted=True)
    assert address is not None
    urls = tuple(address.url.split(","))
    if address.url == EMBEDDED:
        running = found_server(Path(address.folder))
        if running is None:
            remedy = "begin one with: run OUT --nats, or name a server or a gateway by its URL"
            raise UserError("stream", "no session is mirrored on this machine", remedy, code=ExitCode.USAGE)
        urls = (running.url,)
    connection = Connection(address, urls, secrets_of(), name="spymaster stream")
    run_in_loop(lambda: _follow(connection, lines.write))
    return ExitCode.OK


def _behind_gateway(url: str, lines: Lines) -> int:
    name, connect = lines_of(url)
    try:
        GatewayLines(connect, say).follow(lines.write)
    except RefusedError as error:
        raise UserError(name, str(error), f"see that {TOKEN_VARIABLE} is its token") from None
    return ExitCode.OK


async def _follow(connection: Connection, write: Callable[[str, bytes], None]) -> None:
    lines = LevelLines(connection)
    told = ""
    try:
        while True:
            try:
                await lines.read(write)
            except NotStoredError as error:
                if str(error) != told:
                    say(f"the bus: {error}")
                    told = str(error)
                await asyncio.sleep(_AGAIN_S)
    finally:
        await connection.close()


class Lines:
    """Writes lines to standard output and counts them. ``alerts``: those alone."""

    def __init__(self, *, alerts: bool) -> None:
        self._alerts_alone = alerts
        self._written: Counter[str] = Counter()

    def write(self, subject: str, line: bytes) -> None:
        """One line, if it is wanted."""
        if subject == ALERTS or not self._alerts_alone:
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()
            self._written[subject] += 1

    def figures(self, text: MetricsText) -> None:
        """How many were written."""
        counts = [({"subject": subject}, float(count)) for subject, count in sorted(self._written.items())]
        text.add("stream_lines_total", "counter", "Lines written, by subject.", counts)


def _replayed(request: StreamRequest, source: Path, lines: Lines) -> int:
    from spymaster.physics.engine import Engine
    from spymaster.session.replay.pacing import Pacer
    from spymaster.session.sources.forms import open_source

    speed = parse_speed(request.speed, None)
    recorded = open_source(prepare(Request((source,), request.config, request.profile, None)).plan)
    config = recorded.config_frame()
    words = FeedWords()
    user_ids = tuple(level.id for level in config.user_levels)
    encoder = SignalEncoder("spy" if config.profile == "spy" else "es", user_ids, words)
    pacer = None if speed is None else Pacer(speed, time.monotonic_ns)
    write = lines.write
    engine = Engine(snaps_per_block=1)

    def publish(blocks: Iterable[SnapBlock]) -> None:
        for block in blocks:
            if pacer is not None and len(block.snaps):
                time.sleep(max(pacer.wait_s(int(block.snaps["t_ns"][-1])), 0.0))
            for signals in encoder.signals(block):
                write(SIGNALS, encoder.json(signals))
            for alert in encoder.alerts(block):
                write(ALERTS, encoder.json(alert))

    try:
        for frame in recorded.frames():
            words.take(frame)
            publish(engine.feed(frame))
        publish(engine.finish())
    finally:
        recorded.close()
    return ExitCode.OK
