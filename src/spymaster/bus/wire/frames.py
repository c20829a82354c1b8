"""Frames, heat columns, bars and histories as answers, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.bus.wire.exchange import (
    CHART_FIELDS,
    DTYPES,
    FRAME_FIELDS,
    HEAT_FIELDS,
    Answer,
    ChancesHead,
    FrameHead,
    HeatHead,
)
from spymaster.bus.wire.packing import WireError, pack, unpack
from spymaster.signals.chart.bars import Chart
from spymaster.signals.frame import HEAT_TICKS, Frame, HeatColumns, LevelHistory
from spymaster.signals.said.model_chances import ModelChances

_answers: Final = msgspec.msgpack.Decoder(Answer)
_OF_COLUMNS: Final = tuple(name for name in HEAT_FIELDS if name not in ("trades", "marks"))


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What an answer says: whatever of it was asked for and is there."""

    frame: Frame | None = None
    heat: HeatColumns | None = None
    chart: Chart | None = None
    history: LevelHistory | None = None


def encode_answer(told: Told) -> bytes:
    """An answer as one message. The heat of the frame is not sent, ``told.heat`` is."""
    arrays: dict[str, NDArray[Any]] = {}
    frame, heat, history = told.frame, told.heat, told.history
    if frame is not None:
        arrays |= {name: getattr(frame, name) for name in FRAME_FIELDS}
        if frame.chances is not None:
            arrays["p_break"] = frame.chances.p_break
    if heat is not None:
        arrays |= {f"heat.{name}": getattr(heat, name) for name in HEAT_FIELDS}
    if told.chart is not None:
        arrays |= {f"chart.{name}": getattr(told.chart, name) for name in CHART_FIELDS}
    if history is not None:
        arrays["history"] = history.seconds
    head = Answer(
        frame=None if frame is None else _frame_head(frame),
        heat=None if heat is None else HeatHead(heat.revision, heat.first),
        history="" if history is None else history.level_id,
        touches=() if history is None else history.touches,
    )
    return pack(head, arrays)


def decode_answer(message: bytes) -> Told:
    """What ``encode_answer`` was given; the frame's own heat is ``heat``. Raises WireError."""
    head, arrays = unpack(message, _answers, DTYPES)
    try:
        heat = None if head.heat is None else _heat(head.heat, arrays)
        frame = None if head.frame is None else _frame(head.frame, arrays, heat or _heat(HeatHead(0, 0), {}))
        has_chart = "chart.bars" in arrays
        chart = Chart(**{name: arrays[f"chart.{name}"] for name in CHART_FIELDS}) if has_chart else None
        history = LevelHistory(head.history, arrays["history"], head.touches) if "history" in arrays else None
    except KeyError:
        raise WireError("a message without one of its arrays") from None
    return Told(frame, heat, chart, history)


def newer_columns(heat: HeatColumns, after: int) -> HeatColumns:
    """The columns from number ``after`` on: that one too, which may have been filled further."""
    skipped = max(after - heat.first, 0)
    first = heat.first + skipped
    of_columns = {name: getattr(heat, name)[skipped:] for name in _OF_COLUMNS}
    trades, marks = (rows[rows["column"] >= first] for rows in (heat.trades, heat.marks))
    return HeatColumns(revision=heat.revision, first=first, trades=trades, marks=marks, **of_columns)


def _frame_head(frame: Frame) -> FrameHead:
    said = frame.chances
    return FrameHead(
        number=frame.number,
        t_ns=frame.t_ns,
        header=frame.header,
        level_views=frame.level_views,
        trust=frame.trust,
        alerts=frame.alerts,
        replay=frame.replay,
        chances=None if said is None else ChancesHead(said.horizon_s, said.points, said.simulated, said.model),
        viewport=frame.viewport,
    )


def _frame(head: FrameHead, arrays: Mapping[str, NDArray[Any]], heat: HeatColumns) -> Frame:
    said = head.chances
    fields = {name: arrays[name] for name in FRAME_FIELDS}
    if fields["book"].shape != (2, 10, 2) or len(fields["levels"]) != len(head.level_views):
        raise WireError("a frame whose parts do not fit each other")
    return Frame(
        number=head.number,
        t_ns=head.t_ns,
        header=head.header,
        level_views=head.level_views,
        trust=head.trust,
        alerts=head.alerts,
        replay=head.replay,
        chances=None
        if said is None
        else ModelChances(arrays["p_break"], said.horizon_s, said.points, said.simulated, said.model),
        viewport=head.viewport,
        heat=heat,
        **fields,
    )


def _heat(head: HeatHead, arrays: Mapping[str, NDArray[Any]]) -> HeatColumns:
    if arrays:
        fields = {name: arrays[f"heat.{name}"] for name in HEAT_FIELDS}
    else:
        fields = {name: np.zeros(0, dtype) for name, dtype in HEAT_FIELDS.items()}
        fields["depth"] = np.zeros((0, HEAT_TICKS), HEAT_FIELDS["depth"])
    counts = {len(fields[name]) for name in _OF_COLUMNS}
    if len(counts) != 1 or fields["depth"].shape[1:] != (HEAT_TICKS,):
        raise WireError("heat columns whose parts do not fit each other")
    return HeatColumns(revision=head.revision, first=head.first, **fields)
