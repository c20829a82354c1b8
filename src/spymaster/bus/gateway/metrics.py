"""Figures of a Session and of its gateway in the text form that Prometheus reads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from spymaster.signals.frame import Frame, Phase, RecordingLight

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_NS: Final = 1e-9
_STATES: Final = ("GREEN", "DEGRADED", "BLIND", "ABSENT")

Sample = tuple[Mapping[str, str], float]


class MetricsText:
    """Lines of metrics, each family once and with its meaning."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, name: str, kind: str, meaning: str, samples: float | Iterable[Sample]) -> None:
        """A family. ``kind``: counter or gauge; NaN samples are left out, as nothing is known of them."""
        pairs: list[Sample] = [({}, samples)] if isinstance(samples, float | int) else list(samples)
        found = [(labels, value) for labels, value in pairs if not math.isnan(value)]
        if not found:
            return
        full = f"spymaster_{name}"
        self._lines += [f"# HELP {full} {meaning}", f"# TYPE {full} {kind}"]
        for labels, value in found:
            inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            self._lines.append(f"{full}{{{inside}}} {_number(value)}" if inside else f"{full} {_number(value)}")

    def text(self) -> str:
        """All of it."""
        return "\n".join([*self._lines, ""])


def add_frame(text: MetricsText, frame: Frame, now_ns: int) -> None:
    """What the latest frame says. ``now_ns``: the wall clock, UTC."""
    header = frame.header
    text.add("records_total", "counter", "Records taken by the engine.", header.records)
    text.add("records_per_second", "gauge", "Records taken lately.", header.records_per_s)
    text.add("snap_seconds", "gauge", "Time that one snap takes to compute.", header.snap_us * 1e-6)
    if header.t_ns:
        text.add("snap_age_seconds", "gauge", "Wall clock less the latest snap's time.", (now_ns - header.t_ns) * _NS)
        text.add(
            *("record_lag_seconds", "gauge", "Latest snap's time less that of the last record, 0 where that is newer."),
            max(header.t_ns - header.as_of_ns, 0) * _NS,
        )
    text.add("playing", "gauge", "1 while event time runs.", float(header.phase is Phase.PLAYING))
    text.add("simulated", "gauge", "1 where the market is simulated.", float(header.simulated))
    text.add(
        *("input_state", "gauge", "1 for the state an input is in."),
        [
            ({"input": trust.name, "state": state}, float(trust.state == state))
            for trust in frame.trust
            for state in _STATES
        ],
    )
    text.add(
        *("input_age_seconds", "gauge", "Time since an input's last record."),
        [({"input": trust.name}, max(trust.age_ns, 0) * _NS) for trust in frame.trust if trust.age_ns is not None],
    )
    add_light(text, header.recording)
    text.add("alerts_on", "gauge", "Alerts that are on.", sum(alert.resolved_ns is None for alert in frame.alerts))
    text.add("unexplained_share", "gauge", "Share of the book's flows no record accounts for.", header.residual_share)


def add_light(text: MetricsText, recording: RecordingLight) -> None:
    """How recording stands."""
    text.add("recording", "gauge", "1 while everything that arrives is written down.", float(recording.is_on))
    text.add("journal_bytes_total", "counter", "Bytes written to the journal.", recording.written_bytes)
    text.add("records_lost_total", "counter", "Records that were never written down.", recording.lost_records)
    text.add("lake_lag_seconds", "gauge", "How far the lake is behind the journal.", recording.lake_lag_s)


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**63 else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
