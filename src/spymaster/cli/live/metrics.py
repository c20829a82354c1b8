"""``[metrics]``: figures of this process for Prometheus, and which each role has."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from spymaster.bus.gateway.bind import parse_listen, token_of
from spymaster.bus.gateway.metrics import MetricsText, add_frame, add_light
from spymaster.bus.metrics.process_figures import add_disk, add_process
from spymaster.config.structs import MetricsTable
from spymaster.errors import UserError

if TYPE_CHECKING:
    from spymaster.session.record.recording import RunRecording
    from spymaster.signals.frame import Frame

METRICS_VARIABLE: Final = "SPYMASTER_METRICS"
"""HOST:PORT in place of ``[metrics] listen``: several processes of one machine share the configuration."""

Figures = Callable[[MetricsText], None]


@contextlib.contextmanager
def metrics_served(
    table: MetricsTable,
    role: str,
    figures: Figures,
    say: Callable[[str], None],
    environment: Mapping[str, str] = os.environ,
) -> Iterator[None]:
    """Serve the figures of a role meanwhile, where that is asked for. ``say``: is told where, or why not: nothing that
    records ends because nobody can be told how it is."""
    listen = environment.get(METRICS_VARIABLE, table.listen)
    if not listen:
        yield
        return
    started_s = time.time()

    def text() -> str:
        page = MetricsText()
        add_process(page, role, version("spymaster-tui"), started_s)
        figures(page)
        return page.text()

    from spymaster.bus.metrics.server import MetricsServer

    try:
        place = METRICS_VARIABLE if METRICS_VARIABLE in environment else "[metrics] listen"
        server = MetricsServer(*parse_listen(listen, place), token_of(environment), text)
    except UserError as error:
        say(f"no figures are served: {error}")
        yield
        return
    say("figures on http://{}:{}/metrics".format(*server.address))
    try:
        yield
    finally:
        server.stop()


def session_figures(
    latest: Callable[[], Frame | None] | None, recording: Callable[[], RunRecording | None]
) -> Callable[[MetricsText], None]:
    """Figures of a session: its latest frame, its journal, what writes its lake, what mirrors it.

    ``latest``: None where nothing is computed, and a frame says nothing.
    """

    def add(text: MetricsText) -> None:
        frame = latest() if latest is not None else None
        current = recording()
        if frame is not None:
            add_frame(text, frame, time.time_ns())
        elif current is not None:
            add_light(text, current.light)
        if current is not None:
            add_recording(text, current)

    return add


def add_recording(text: MetricsText, recording: RunRecording) -> None:
    """What is written down, and by whom."""
    health, mirror = recording.health, recording.health.mirror
    text.add("run_info", "gauge", "1: the run that is written down.", [({"run": recording.run_id}, 1.0)])
    text.add("journal_records_total", "counter", "Records in the journal.", recording.records)
    text.add("sidecar_ok", "gauge", "1 while the lake is written without fault.", float(not health.fault))
    text.add("sidecar_lag_seconds", "gauge", "Since the lake last had all of the journal.", health.lag_s)
    text.add("sidecar_behind_bytes", "gauge", "Bytes of the journal that the lake has not.", health.behind_bytes)
    text.add("sidecar_restarts_total", "counter", "Times that the sidecar was started again.", health.restarts)
    text.add("lake_files_total", "counter", "Files of the lake that are durable.", health.durable_files)
    if mirror is not None:
        text.add("mirror_ok", "gauge", "1 while the bus takes everything.", float(not mirror.fault))
        text.add("mirror_lag_seconds", "gauge", "Since the bus last had all of the journal.", mirror.lag_s)
        text.add("mirror_behind_bytes", "gauge", "Bytes of the journal that the bus has not.", mirror.behind_bytes)
        text.add("mirror_messages_total", "counter", "Messages that the bus has taken.", mirror.counts.acked)
        text.add("mirror_retries_total", "counter", "Messages that were sent again.", mirror.counts.retries)
    add_disk(text, recording.journal)
