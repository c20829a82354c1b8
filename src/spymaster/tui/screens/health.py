"""Session health: the inputs, the link to this terminal, the book's balance, and the source of the records."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from spymaster.alerts.standing import AlertStanding
from spymaster.market.kinds import NS_PER_S
from spymaster.signals.frame import Frame, FrameSource, InputTrust, RecordingLight
from spymaster.signals.header_parts import GreeksCheck
from spymaster.tui.screens.page import GROUND, PageScreen
from spymaster.tui.terminal.link import AckSource, LinkState
from spymaster.tui.themes.library import Theme
from spymaster.view.drawing.cells import Line, Row, Rows, blank
from spymaster.view.drawing.numbers import MISSING, age, clock, micros, rate, volume
from spymaster.view.state import Quality

_INKS: Final = {"GREEN": ("●", "green"), "DEGRADED": ("!", "degraded"), "BLIND": ("✕", "blind")}
_QUALITY: Final = ("full", "no half-blocks", "256 colours", "slow marks", "rows only", "1 Hz")
_SOURCES: Final = {
    AckSource.TERMINAL: "the terminal answers",
    AckSource.TMUX: "tmux answers: the way from tmux to the eye is not measured",
    AckSource.BYTES: "the terminal does not answer: unsent bytes only",
}


class HealthScreen(PageScreen):
    """What is sound and what is not, once a second."""

    REFRESH_S = 1.0
    FULL = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("h", "close", show=False)]

    def __init__(
        self,
        theme: Theme,
        source: FrameSource,
        link: Callable[[], LinkState],
        alerts: Callable[[], AlertStanding] = AlertStanding,
    ) -> None:
        super().__init__(theme)
        self._alerts = alerts
        self._source = source
        self._link = link

    def rows(self, width: int) -> Rows:
        """The page."""
        return health_rows(self._source.latest(), self._link(), width, self._alerts())


def health_rows(frame: Frame | None, link: LinkState, width: int, alerts: AlertStanding | None = None) -> Rows:
    """Everything known about the Session and the link, as rows."""
    rows: list[Row] = [_title("SESSION HEALTH", width), blank(width, GROUND)]
    rows += _inputs(frame, width)
    rows += [blank(width, GROUND), _title("RECORDS", width), *_records(frame, width)]
    if frame is not None and frame.header.greeks is not None:
        title = "GREEKS, THE VENDOR'S AGAINST OURS"
        rows += [blank(width, GROUND), _title(title, width), *_greeks(frame.header.greeks, frame.t_ns, width)]
    if frame is not None and (frame.header.recording.is_on or frame.header.recording.fault):
        rows += [blank(width, GROUND), _title("RECORDING", width), *_recording(frame.header.recording, width)]
    if alerts is not None:
        rows += [blank(width, GROUND), _title("ALERTS", width), *_alerts(alerts, frame, width)]
    rows += [blank(width, GROUND), _title("SCREEN", width), *_screen(link, width)]
    return tuple(rows)


def _title(text: str, width: int) -> Row:
    line = Line(width, GROUND)
    line.put(0, text, "muted", bold=True)
    return line.row()


def _fact(name: str, value: str, width: int, ink: str = "text") -> Row:
    line = Line(width, GROUND)
    line.put(0, name, "muted")
    line.put(28, value, ink)
    return line.row()


def _inputs(frame: Frame | None, width: int) -> list[Row]:
    rows = [_title("INPUTS", width)]
    if frame is None or not frame.trust:
        return [*rows, _fact("none yet", "waiting for the first record", width)]
    return rows + [_input(trust, width) for trust in frame.trust]


def _input(trust: InputTrust, width: int) -> Row:
    mark, ink = _INKS.get(trust.state, ("·", "muted"))
    line = Line(width, GROUND)
    line.put(0, trust.name, "text")
    line.put(12, f"{mark} {trust.state}", ink, bold=True)
    line.put(28, "none" if trust.age_ns is None else age(trust.age_ns), "text")
    line.put(38, trust.reason, ink)
    return line.row()


def _share(value: float) -> str:
    return f"{100 * value:.1f} %" if math.isfinite(value) else MISSING


def _records(frame: Frame | None, width: int) -> list[Row]:
    if frame is None:
        return [_fact("Session", "starting", width)]
    header = frame.header
    return [
        _fact("Session", f"{header.mode}, {header.phase}", width),
        _fact("profile, contract", f"{header.profile}, {header.symbol}", width),
        _fact("records", f"{header.records:,}", width),
        _fact("records per second", f"{header.records_per_s:,.0f}", width),
        _fact("one snap", micros(header.snap_us), width),
        _fact("unexplained depth, 60 s", _share(header.residual_share), width),
        _fact("hidden fills", _share(header.hidden_share), width),
        _fact("message", header.message or "none", width),
    ]


def _recording(light: RecordingLight, width: int) -> list[Row]:
    state = f"NOT RECORDING: {light.fault}" if light.fault else "recording"
    lag = f"{age(round(light.lake_lag_s * NS_PER_S))} behind" if light.lake_lag_s else "up to date"
    rows = [
        _fact("journal", state, width, "blind" if light.fault else "text"),
        _fact("written", volume(light.written_bytes), width),
        _fact("records lost", f"{light.lost_records:,}", width, "blind" if light.lost_records else "text"),
        _fact("lake", light.lake_fault or lag, width, "degraded" if light.lake_fault or light.lake_lag_s else "text"),
    ]
    if light.bus or light.bus_fault:
        rows.append(_fact("bus", light.bus_fault or light.bus, width, "degraded" if light.bus_fault else "text"))
    return rows


def _alerts(standing: AlertStanding, frame: Frame | None, width: int) -> list[Row]:
    """The rules in force, what is silenced, and how their command fares."""
    rules = f"{standing.rules} in force" if standing.is_on else "not judged in this replay; --alerts asks for them"
    rows = [_fact("rules", rules, width)]
    if standing.fault:
        lines = textwrap.wrap(standing.fault, max(width - 28, 20))
        rows += [_fact("" if at else "their file", line, width, "blind") for at, line in enumerate(lines)]
    t_ns = frame.t_ns if frame is not None else 0
    silent = [f"{one.words} to {clock(one.until_ns)}" for one in standing.snoozes if t_ns < one.until_ns]
    rows.append(_fact("silenced", "; ".join(silent) or "nothing", width, "degraded" if silent else "text"))
    if standing.has_command or standing.ran:
        told = f"run {standing.ran} times, {standing.failed} failed, {standing.dropped} dropped"
        rows.append(_fact("command", told, width, "degraded" if standing.failed or standing.dropped else "text"))
    if standing.last_failure:
        rows.append(_fact("its last failure", standing.last_failure, width, "degraded"))
    return rows


def _greeks(check: GreeksCheck, t_ns: int, width: int) -> list[Row]:
    """How far apart they are: the median of the absolute differences, and what nine in ten stay below."""
    others = f"{check.only_ours} only ours, {check.only_theirs} only the vendor's"
    rows = [
        _fact("the vendor's snapshot", f"{age(max(t_ns - check.at_ns, 0))} old", width),
        _fact("contracts compared", f"{check.compared}; {others}", width),
    ]
    for name, median, most in (
        ("delta", check.delta_median, check.delta_most),
        ("gamma", check.gamma_median, check.gamma_most),
        ("implied volatility", check.vol_median, check.vol_most),
    ):
        value = f"{median:.4f} median, {most:.4f} at 90 %" if math.isfinite(median) else MISSING
        rows.append(_fact(name, value, width))
    return rows


def _milliseconds(seconds: float | None) -> str:
    return MISSING if seconds is None else micros(1e6 * seconds)


def _screen(link: LinkState, width: int) -> list[Row]:
    capacity = MISSING if link.capacity is None else rate(link.capacity)
    return [
        _fact("screen age", _milliseconds(link.age_s), width),
        _fact("terminal round trip", _milliseconds(link.rtt_s), width),
        _fact("measured by", _SOURCES[link.source], width),
        _fact("frames", f"{link.frames:,}, {link.skipped:,} skipped", width),
        _fact("bytes", f"{rate(link.bytes_per_s)}, {volume(link.bytes_total)} in all", width),
        _fact("the link has carried", capacity, width),
        _fact("quality", _QUALITY[link.quality], width, "text" if link.quality is Quality.FULL else "degraded"),
    ]
