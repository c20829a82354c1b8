"""Recorded files as journal frames: CONFIG first, then the records; trades beside depth are only compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spymaster.feeds.errors import SourceError
from spymaster.market import dtypes as dt
from spymaster.market.frames import ConfigFrame, RecordsFrame, TapeFrom, UserLevel
from spymaster.market.kinds import ACTION_TRADE, Kind
from spymaster.market.params import PARAMS
from spymaster.market.sessions import SESSION, session_of
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from tests.session.conftest import plan_of
from tests.support.dbn import trades_of
from tests.support.small_files import Words, depth_and_trades, depth_file, torn, trades_file


def read(source: ReplaySource) -> Words:
    """All depth records a source gives, copied."""
    frames = list(_depth(source))
    return np.concatenate(frames)


def _depth(source: ReplaySource) -> list[Words]:
    try:
        return [
            frame.batch.arrays[Kind.MBP10].copy()
            for frame in source.frames()
            if isinstance(frame, RecordsFrame) and Kind.MBP10 in frame.batch.arrays
        ]
    finally:
        source.close()


def test_the_configuration_comes_before_the_first_record_and_only_once(small_plan: ReplayPlan) -> None:
    kinds = [type(frame) for frame in ReplaySource(small_plan).frames()]
    assert kinds[0] is ConfigFrame
    assert set(kinds[1:]) == {RecordsFrame}


def test_the_configuration_is_that_of_plan_and_file(small_plan: ReplayPlan, words: Words) -> None:
    source = ReplaySource(small_plan)
    config = source.config_frame()
    assert (config.profile, config.instrument.symbol, config.instrument.instrument_id) == ("es", "ESH4", 17077)
    assert np.frombuffer(config.params, PARAMS)["snap_interval_ns"][0] == small_plan.profile.snap_ms * 1_000_000
    sessions = np.frombuffer(config.sessions, SESSION)
    place = session_of(sessions, int(words[0, dt.W_TS_EVENT]))
    assert place is not None
    assert sessions["session_date"][place] == 20240105


def test_levels_of_the_plan_are_in_the_configuration(small_plan: ReplayPlan) -> None:
    levels = (UserLevel("USER_5000", 5_000_000_000_000),)
    plan = ReplayPlan(small_plan.sources, small_plan.profile, user_levels=levels)
    assert ReplaySource(plan).config_frame().user_levels == levels


@pytest.mark.parametrize("chunk", [1, 7, None])
def test_the_records_are_those_of_the_file_in_any_chunks(
    small_plan: ReplayPlan, words: Words, chunk: int | None
) -> None:
    assert np.array_equal(read(ReplaySource(plan_of(*small_plan.sources, chunk=chunk))), words)


def test_a_source_can_be_read_again(small_plan: ReplayPlan, words: Words) -> None:
    source = ReplaySource(small_plan)
    read(source)
    assert np.array_equal(read(source), words)


def test_with_depth_the_tape_is_the_depth_s_own(small_plan: ReplayPlan) -> None:
    assert ReplaySource(small_plan).config_frame().tape_from is TapeFrom.DEPTH


def test_without_depth_the_trades_are_the_tape(tmp_path: Path, words: Words) -> None:
    source = ReplaySource(plan_of(trades_file(tmp_path / "t.dbn", trades_of(words))))
    frames = [frame for frame in source.frames() if isinstance(frame, RecordsFrame)]
    assert source.config_frame().tape_from is TapeFrom.TRADES
    assert sum(len(frame.batch.arrays[Kind.TRADE]) for frame in frames) == len(trades_of(words)) > 10


@pytest.mark.parametrize("turned", [False, True])
def test_trades_beside_depth_give_the_engine_nothing(tmp_path: Path, words: Words, turned: bool) -> None:
    files = depth_and_trades(tmp_path, words)
    source = ReplaySource(plan_of(*(files[::-1] if turned else files)))
    kinds = {kind for frame in source.frames() if isinstance(frame, RecordsFrame) for kind in frame.batch.arrays}
    assert kinds == {Kind.MBP10}
    assert (source.trades_missing, source.trades_extra) == (0, 0)


def test_trades_that_the_depth_lacks_are_counted(tmp_path: Path, words: Words) -> None:
    actions = words[:, dt.W_SIZE].view(np.int64) >> dt.ACTION_SHIFT & 0xFF
    lost = np.flatnonzero(actions == ACTION_TRADE)[:5]
    source = ReplaySource(
        plan_of(
            depth_file(tmp_path / "d.mbp-10.dbn", np.delete(words, lost, axis=0)),
            trades_file(tmp_path / "t.trades.dbn", trades_of(words)),
        )
    )
    read(source)
    assert (source.trades_missing, source.trades_extra) == (5, 0)


def test_trades_that_only_the_depth_has_are_counted(tmp_path: Path, words: Words) -> None:
    source = ReplaySource(
        plan_of(
            depth_file(tmp_path / "d.mbp-10.dbn", words),
            trades_file(tmp_path / "t.trades.dbn", trades_of(words)[3:]),
        )
    )
    read(source)
    assert (source.trades_missing, source.trades_extra) == (0, 3)


def test_a_torn_file_gives_its_whole_records_and_says_so(tmp_path: Path, words: Words) -> None:
    whole = depth_file(tmp_path / "whole.mbp-10.dbn", words)
    source = ReplaySource(plan_of(torn(tmp_path / "torn.mbp-10.dbn", whole, 0.6)))
    given = read(source)
    assert np.array_equal(given, words[: len(given)])
    assert 0 < len(given) < len(words)
    assert source.is_torn
    (problem,) = source.problems
    assert problem.startswith(f"{tmp_path}/torn.mbp-10.dbn: torn at record {len(given)}")


def test_a_whole_file_has_no_problems(small_plan: ReplayPlan) -> None:
    source = ReplaySource(small_plan)
    read(source)
    assert source.problems == ()
    assert not source.is_torn
    assert source.rejected() == {}


def test_a_file_of_a_folder_that_is_passed_over_is_said(tmp_path: Path, words: Words) -> None:
    depth_file(tmp_path / "good.mbp-10.dbn", words)
    (tmp_path / "bad.dbn").write_text("just text")
    problems = ReplaySource(plan_of(tmp_path)).problems
    assert len(problems) == 1
    assert problems[0].startswith(f"{tmp_path}/bad.dbn: this is text, not DBN")


def test_the_span_is_that_of_the_header(tmp_path: Path, words: Words) -> None:
    first, end = int(words[0, dt.W_TS_RECV]), int(words[-1, dt.W_TS_RECV]) + 1
    source = ReplaySource(plan_of(depth_file(tmp_path / "d.mbp-10.dbn", words, end_ns=end)))
    assert (source.first_ns, source.last_ns) == (first, end)


def test_a_header_without_an_end_still_gives_sessions_for_every_record(small_plan: ReplayPlan, words: Words) -> None:
    source = ReplaySource(small_plan)
    assert source.first_ns <= int(words[0, dt.W_TS_RECV])
    assert source.last_ns >= int(words[-1, dt.W_TS_RECV])


def test_an_instrument_that_is_not_there_is_said_with_those_that_are(small_plan: ReplayPlan) -> None:
    with pytest.raises(SourceError, match="NQH4") as caught:
        ReplaySource(plan_of(*small_plan.sources, symbol="NQH4"))
    assert "\n" not in str(caught.value)


def test_a_file_without_records_cannot_be_replayed(tmp_path: Path, words: Words) -> None:
    with pytest.raises(SourceError, match=rf"^{tmp_path}/empty.mbp-10.dbn: [^\n]*; [^\n]*$"):
        ReplaySource(plan_of(depth_file(tmp_path / "empty.mbp-10.dbn", words[:0], start_ns=0)))


def test_closing_twice_is_safe(tmp_path: Path, words: Words) -> None:
    source = ReplaySource(plan_of(*depth_and_trades(tmp_path, words)))
    next(source.frames())
    source.close()
    source.close()
