"""``[metrics]``: every role serves figures where that is asked for, and none ends because it cannot."""

from __future__ import annotations

import http.client
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from spymaster.bus.gateway.metrics import MetricsText
from spymaster.bus.metrics.server import MetricsServer
from spymaster.cli.live.metrics import METRICS_VARIABLE, metrics_served, session_figures
from spymaster.config.structs import MetricsTable
from spymaster.journal.mirror_status import MirrorCounts, MirrorState
from spymaster.session.record.sidecar_watch import MirrorHealth, SidecarHealth
from spymaster.signals.frame import RecordingLight
from tests.cli.conftest import Run
from tests.support import frames
from tests.support.exposition import Family, families
from tests.support.signalled import Seam

ANYWHERE = MetricsTable(listen="127.0.0.1:0")


def recording(folder: Path, fault: str = "") -> Any:
    """What is asked of a recording: its journal, its sidecar, its mirror."""
    mirror = MirrorHealth(MirrorState.FOLLOWING, 1.5, 4096, MirrorCounts(acked=7, retries=2), fault)
    health = SidecarHealth(0.25, 512, 3, 1, fault, mirror=mirror)
    light = RecordingLight(is_on=not fault, fault=fault, written_bytes=2048, lost_records=0)
    return SimpleNamespace(health=health, run_id="R1", records=99, journal=folder, light=light)


def page(figures: Any) -> dict[str, Family]:
    text = MetricsText()
    figures(text)
    return families(text.text())


def scraped(server: MetricsServer) -> dict[str, Family]:
    connection = http.client.HTTPConnection(*server.address)
    connection.request("GET", "/metrics")
    try:
        return families(connection.getresponse().read().decode())
    finally:
        connection.close()


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> list[MetricsServer]:
    """Those that are begun."""
    found: list[MetricsServer] = []
    begin = MetricsServer.__init__

    def noted(self: MetricsServer, *arguments: Any) -> None:
        begin(self, *arguments)
        found.append(self)

    monkeypatch.setattr(MetricsServer, "__init__", noted)
    return found


def test_a_session_that_computes_tells_of_its_frame_its_journal_its_lake_and_its_bus(tmp_path: Path) -> None:
    found = page(session_figures(frames.frame, lambda: recording(tmp_path)))
    values = {name: next(iter(family.samples.values())) for name, family in found.items()}
    assert values["spymaster_journal_records_total"] == 99
    assert values["spymaster_sidecar_lag_seconds"] == 0.25
    assert values["spymaster_sidecar_restarts_total"] == 1
    assert (values["spymaster_mirror_messages_total"], values["spymaster_mirror_retries_total"]) == (7, 2)
    assert values["spymaster_disk_free_bytes"] <= values["spymaster_disk_size_bytes"]
    assert {"spymaster_records_total", "spymaster_input_state", "spymaster_recording"} <= set(found)


def test_one_that_computes_nothing_tells_of_what_it_writes_down_alone(tmp_path: Path) -> None:
    found = page(session_figures(None, lambda: recording(tmp_path, "the disk is full")))
    assert found["spymaster_recording"].samples == {(): 0.0}
    assert found["spymaster_journal_bytes_total"].samples == {(): 2048.0}
    assert found["spymaster_sidecar_ok"].samples == found["spymaster_mirror_ok"].samples == {(): 0.0}
    assert "spymaster_playing" not in found


def test_before_anything_came_there_is_nothing_to_tell() -> None:
    assert page(session_figures(None, lambda: None)) == {}


def test_figures_are_served_meanwhile_and_no_longer(servers: list[MetricsServer]) -> None:
    said: list[str] = []
    with metrics_served(ANYWHERE, "lake", lambda text: text.add("x", "gauge", "Some.", 1), said.append, {}):
        [server] = servers
        found = scraped(server)
        assert said == ["figures on http://{}:{}/metrics".format(*server.address)]
    assert found["spymaster_build_info"].samples.popitem()[0][0] == ("role", "lake")
    assert "spymaster_x" in found
    with pytest.raises(ConnectionRefusedError):
        scraped(server)


def test_the_environment_comes_before_the_configuration(servers: list[MetricsServer]) -> None:
    with metrics_served(MetricsTable(), "core", lambda text: None, print, {METRICS_VARIABLE: "127.0.0.1:0"}):
        assert len(servers) == 1
    with metrics_served(ANYWHERE, "core", lambda text: None, print, {METRICS_VARIABLE: ""}):
        assert len(servers) == 1


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "nowhere", "256.0.0.1:80"])
def test_what_cannot_be_served_is_told_and_ends_nothing(listen: str) -> None:
    said: list[str] = []
    with metrics_served(MetricsTable(), "run", lambda text: None, said.append, {METRICS_VARIABLE: listen}):
        pass
    [line] = said
    assert line.startswith("no figures are served: ")


def test_a_recording_serves_its_figures_while_it_is_made(
    run: Run, small: Path, tmp_path: Path, servers: list[MetricsServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(METRICS_VARIABLE, "127.0.0.1:0")
    pages: list[dict[str, Family]] = []
    seam = Seam("spymaster.session.record.recording:RunRecording.publish")
    seam.strike(monkeypatch, lambda: pages.append(scraped(servers[0])))
    result = run("record", tmp_path / "out", "--source", small)
    assert result.exit_code == 0, result.output
    [found] = pages
    assert found["spymaster_build_info"].samples.popitem()[0][0] == ("role", "record")
    assert found["spymaster_journal_records_total"].samples[()] > 0
    assert found["spymaster_recording"].samples == {(): 1.0}


def test_a_stream_counts_its_lines(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from spymaster.cli.live.stream import Lines

    lines = Lines(alerts=True)
    lines.write("levels.signals", b"{}")
    lines.write("levels.alerts", b"{}")
    assert page(lines.figures)["spymaster_stream_lines_total"].samples == {(("subject", "levels.alerts"),): 1.0}
