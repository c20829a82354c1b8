"""What goes over the wire comes out as it went in, and what is no message is refused without a word of what it held."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.bus.desk.frame_desk import read_ask
from spymaster.bus.wire.exchange import HEAT_FIELDS, Ask
from spymaster.bus.wire.frames import Told, decode_answer, encode_answer, newer_columns
from spymaster.bus.wire.packing import WireError, pack
from spymaster.signals.frame import AlertMark, Frame, ReplayStatus
from spymaster.signals.run_state import empty_heat
from spymaster.signals.said.model_chances import ModelChances
from tests.support import frames, past, viewports
from tests.support.bus import same

CHANCES = ModelChances(np.array([0.25, np.nan]), 240.0, 2.0, True, "set-1")
STATUS = ReplayStatus(seeking_ns=5, loop_ns=(1, None), alerts=(AlertMark(3, "a", "VWAP", "BREAK"),), visited_ns=9)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(frames.frame(), id="a snap"),
        pytest.param(frames.with_options(), id="with options"),
        pytest.param(frames.empty_frame(), id="before the first snap"),
        pytest.param(frames.blind_frame(), id="blind"),
        pytest.param(replace(frames.replay_frame(), replay=STATUS, chances=CHANCES), id="a replay with a model"),
        pytest.param(viewports.spoken(frames.frame()), id="a model with several heads"),
        pytest.param(viewports.collecting(frames.frame()), id="a model without a record"),
    ],
)
def test_a_frame_arrives_as_it_was_sent(frame: Frame) -> None:
    told = decode_answer(encode_answer(Told(frame, frame.heat)))
    assert told.frame is not None
    assert same(told.frame, frame)


def test_bars_and_a_levels_past_arrive_as_they_were_sent() -> None:
    history = past.level_history("VWAP", 300)
    told = decode_answer(encode_answer(Told(chart=past.chart(), history=history)))
    assert told.frame is None
    assert same(told.chart, past.chart())
    assert told.history is not None
    assert same(told.history, history)


def test_what_arrives_cannot_be_written_to() -> None:
    told = decode_answer(encode_answer(Told(frames.frame(), frames.heat())))
    assert told.frame is not None
    assert not told.frame.levels.flags.writeable
    assert not told.frame.heat.depth.flags.writeable


def test_columns_are_sent_from_the_newest_that_is_there_on() -> None:
    heat = frames.heat(400)
    newest = heat.first + len(heat) - 1
    newer = newer_columns(heat, newest - 2)
    assert (newer.first, len(newer)) == (newest - 2, 3)
    assert newer.depth.tobytes() == heat.depth[-3:].tobytes()
    assert set(newer.trades["column"]) <= {newest - 2, newest - 1, newest}
    assert newer.marks["column"].tolist() == [c for c in heat.marks["column"].tolist() if c >= newest - 2]
    assert len(newer_columns(empty_heat(), 5)) == 0


@given(st.binary(max_size=200))
def test_no_bytes_are_taken_for_an_answer_by_chance(noise: bytes) -> None:
    with pytest.raises(WireError):
        decode_answer(noise)


@given(st.integers(0, 200))
def test_a_message_that_was_cut_off_is_refused(kept: int) -> None:
    whole = encode_answer(Told(frames.frame(), frames.heat(8)))
    with pytest.raises(WireError):
        decode_answer(whole[: len(whole) * kept // 201])


def test_arrays_that_do_not_fit_each_other_are_refused() -> None:
    frame = frames.frame()
    fewer = replace(frame, levels=frame.levels[:-1])
    with pytest.raises(WireError, match="do not fit"):
        decode_answer(encode_answer(Told(fewer, frame.heat)))
    uneven = replace(frame.heat, t_ns=frame.heat.t_ns[:-1])
    with pytest.raises(WireError, match="do not fit"):
        decode_answer(encode_answer(Told(frame, uneven)))


def test_an_array_nobody_knows_is_refused() -> None:
    with pytest.raises(WireError, match="nobody knows"):
        decode_answer(pack(Ask(), {"secret": np.zeros(3)}))


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xc1\xc1", id="no msgpack"),
        pytest.param(msgspec.msgpack.encode({"after": "hunter2"}), id="a word for a number"),
        pytest.param(msgspec.msgpack.encode({"hunter2": 1}), id="a field nobody knows"),
        pytest.param(msgspec.msgpack.encode({"seconds": 10**6, "history": "hunter2"}), id="more than there is"),
        pytest.param(b"hunter2" * 1000, id="too large"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused_without_repeating_it(message: bytes) -> None:
    with pytest.raises(WireError) as refused:
        read_ask(message)
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_array_of_the_heatmap_is_sent() -> None:
    assert set(HEAT_FIELDS) == set(frames.heat().__slots__) - {"revision", "first"}
