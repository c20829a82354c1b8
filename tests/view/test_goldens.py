"""The cockpit as text: what stands where, without colours."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from spymaster.signals.frame import Frame, Phase
from tests.support import frames
from tests.support.screens import as_text, projected


@pytest.mark.parametrize(
    "size",
    [(200, 60), (160, 48), (120, 40), (100, 24), (80, 24), (64, 20), (48, 16), (44, 14), (36, 8)],
    ids=lambda s: f"{s[0]}x{s[1]}",
)
def test_the_moment_of_the_design(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    assert as_text(*projected(frames.frame(), *size)) == snapshot


def test_blind(snapshot: SnapshotAssertion) -> None:
    assert as_text(*projected(frames.blind_frame(), 120, 40)) == snapshot


@pytest.mark.parametrize("zoom", [2, 4])
def test_zoomed_out(zoom: int, snapshot: SnapshotAssertion) -> None:
    assert as_text(*projected(frames.frame(), 120, 40, zoom=zoom)) == snapshot


@pytest.mark.parametrize("width", [80, 120])
def test_replay(width: int, snapshot: SnapshotAssertion) -> None:
    assert as_text(*projected(frames.replay_frame(), width, width // 4 + 4, time_bar=True)) == snapshot


def test_outside_the_signal_window(snapshot: SnapshotAssertion) -> None:
    rows, views = frames.levels(in_window=0.0)
    assert as_text(*projected(frames.frame(levels=rows, level_views=views), 200, 60)) == snapshot


@pytest.mark.parametrize("zoom", [1, 2])
def test_ascii_glyphs(zoom: int, snapshot: SnapshotAssertion) -> None:
    assert as_text(*projected(frames.frame(), 120, 40, glyphs="ascii", zoom=zoom)) == snapshot


BEFORE_THE_FIRST_RECORD: dict[str, Frame | None] = {
    "nothing yet": None,
    "compiling": frames.empty_frame(),
    "failed": frames.empty_frame(Phase.FAILED, "x.dbn.zst ends inside a record; copy it again"),
}


@pytest.mark.parametrize("moment", BEFORE_THE_FIRST_RECORD)
def test_before_the_first_record(moment: str, snapshot: SnapshotAssertion) -> None:
    assert as_text(*projected(BEFORE_THE_FIRST_RECORD[moment], 120, 40)) == snapshot


def test_a_simulated_replay_says_so(snapshot: SnapshotAssertion) -> None:
    assert as_text(*projected(frames.replay_frame(simulated=True), 120, 40, time_bar=True)) == snapshot
