"""What the model says in a Session: where it may be seen, and that nothing published knows of it."""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import numpy as np
import pytest

from spymaster.models.break_model import INPUT_NAMES, BreakModel, pack_break_model, shipped_model
from spymaster.models.model_file import Card, unpack_model
from spymaster.physics.engine import Engine
from spymaster.session.chance_columns import ChanceColumns
from spymaster.session.frames.builder import FrameBuilder
from spymaster.session.frames.heat_store import HeatStore
from spymaster.session.replay.session import ReplaySession
from spymaster.session.scoring import choice
from spymaster.session.scoring.choice import ScoringMode, ScoringPlan, break_model_to_show
from spymaster.session.scoring.opening import SessionScoring
from spymaster.session.scoring.session_models import SessionModels
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from spymaster.signals.frame import Frame
from spymaster.signals.hash import SignalHash
from tests.session.screen import PATIENCE_S
from tests.session.test_frame_builder import RUN

pytestmark = pytest.mark.usefixtures("warm")


def surer() -> BreakModel:
    """A model that says the same of every level: 95 %."""
    card = Card(name="surer", question="?", learnt_on="nothing", made_by="hand", simulated=True, rows=0)
    weights = np.array([3.0 if name == "constant" else 0.0 for name in INPUT_NAMES])
    data = pack_break_model(weights, data_set="sure", code_version="0", card=card)
    return BreakModel(unpack_model("here", data), "here")


def lived(plan: ReplayPlan, model: BreakModel | None) -> tuple[Frame, bytes]:
    """The last frame of a run, and its signal hash."""
    source, engine = ReplaySource(plan), Engine(snaps_per_block=1)
    frames = source.frames()
    config = next(frames)
    list(engine.feed(config))
    builder, digest = FrameBuilder(engine, source.config_frame(), HeatStore(), model=model), SignalHash()
    for frame in frames:
        for block in engine.feed(frame):
            builder.on_block(block)
            digest.update(block)
    source.close()
    return builder.build(1, RUN), digest.digest


def shown(plan: ReplayPlan, *, simulated: bool, mode: ScoringMode) -> Frame:
    """The last frame of a session."""
    models = SessionModels(SessionScoring(ScoringPlan(mode=mode, simulated=simulated)))
    session = ReplaySession(plan, simulated=simulated, models=models, speed=None)
    session.start()
    try:
        assert session.reached.wait(PATIENCE_S)
        frame = session.latest()
        assert frame is not None
        return frame
    finally:
        session.stop()


def test_a_new_file_of_coefficients_changes_what_is_said_and_no_hash(small_plan: ReplayPlan) -> None:
    without, hash_without = lived(small_plan, None)
    one, hash_of_one = lived(small_plan, shipped_model())
    other, hash_of_other = lived(small_plan, surer())
    assert without.chances is None
    assert one.chances is not None
    assert other.chances is not None
    assert one.chances.p_break.tolist() != other.chances.p_break.tolist()
    assert hash_without == hash_of_one == hash_of_other
    assert without.levels.tobytes() == one.levels.tobytes() == other.levels.tobytes()


def test_the_chances_stand_in_the_order_of_the_levels_and_cannot_be_changed(small_plan: ReplayPlan) -> None:
    frame, _ = lived(small_plan, surer())
    assert frame.chances is not None
    away = np.abs(frame.levels["price"] - frame.levels["microprice"])
    assert len(frame.chances.p_break) == len(frame.levels)
    assert (np.isfinite(frame.chances.p_break) == (away < frame.chances.points)).all()
    assert np.isfinite(frame.chances.p_break).any()
    with pytest.raises(ValueError, match="read-only"):
        frame.chances.p_break[0] = 1.0


@pytest.mark.parametrize(
    ("simulated", "mode", "seen"),
    [(True, "screen", True), (False, "screen", False), (True, "shadow", True), (True, "off", False)],
)
def test_it_is_seen_on_simulated_records_alone_unless_models_are_off(
    small_plan: ReplayPlan, monkeypatch: pytest.MonkeyPatch, simulated: bool, mode: ScoringMode, seen: bool
) -> None:
    monkeypatch.setattr(choice, "SHIPPED_HEADS", Path("none"))
    frame = shown(small_plan, simulated=simulated, mode=mode)
    assert (frame.chances is not None) is seen


def test_where_a_model_with_several_heads_is_shown_it_is_not(tmp_path: Path) -> None:
    heads = tmp_path / "heads.model"
    assert break_model_to_show(ScoringPlan(mode="screen", simulated=True, model=heads)) is None
    assert break_model_to_show(ScoringPlan(mode="shadow", simulated=True, model=heads)) is not None


def test_in_shadow_a_model_is_asked_where_what_it_says_is_kept_and_nowhere_else(tmp_path: Path) -> None:
    asked = ScoringPlan(mode="shadow", simulated=True, model=tmp_path / "heads.model")
    assert asked.asks
    assert not msgspec.structs.replace(asked, is_kept=False).asks
    assert msgspec.structs.replace(asked, is_kept=False, mode="screen").asks


def test_a_model_that_cannot_be_used_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from spymaster.models.errors import ModelError

    def damaged() -> BreakModel:
        raise ModelError("file", "is damaged", "make it again")

    monkeypatch.setattr(choice, "SHIPPED_HEADS", Path("none"))
    monkeypatch.setattr(choice, "shipped_model", damaged)
    assert break_model_to_show(ScoringPlan(mode="screen", simulated=True)) is None


def test_a_moment_gone_to_says_what_was_said_there(small_plan: ReplayPlan) -> None:
    """The memory of prices goes with a checkpoint."""
    source, engine = ReplaySource(small_plan), Engine(snaps_per_block=1)
    list(engine.feed(source.config_frame()))
    first = FrameBuilder(engine, source.config_frame(), HeatStore(), model=shipped_model())
    second = FrameBuilder(engine, source.config_frame(), HeatStore(), model=shipped_model())
    snaps = 0
    for frame in source.frames():
        if frame == source.config_frame():
            continue
        for block in engine.feed(frame):
            first.on_block(block)
            snaps += len(block.snaps)
            if snaps == 40:
                second.restore(first.snapshot())
            elif snaps > 40:
                second.on_block(block)
    source.close()
    ours, theirs = first.build(1, RUN).chances, second.build(1, RUN).chances
    assert snaps > 60
    assert ours is not None
    assert theirs is not None
    assert ours.p_break.tobytes() == theirs.p_break.tobytes()


def test_the_table_holds_what_the_screen_says(small_plan: ReplayPlan) -> None:
    frame, _ = lived(small_plan, shipped_model())
    assert frame.chances is not None
    source, engine = ReplaySource(small_plan), Engine(snaps_per_block=16)
    table = ChanceColumns(shipped_model(), ())
    told: dict[tuple[int, str], float] = {}
    for block in itertools.chain(*map(engine.feed, source.frames())):
        columns = table.columns(block)
        rows = zip(*(columns[name].tolist() for name in ("ts_event_ns", "level_id", "p_break")), strict=True)
        told |= {(t_ns, name): said for t_ns, name, said in rows}
    source.close()
    seen = {
        (frame.t_ns, view.id): said
        for view, said in zip(frame.level_views, frame.chances.p_break.tolist(), strict=True)
        if not np.isnan(said)
    }
    assert seen
    assert {key: told[key] for key in seen} == seen
