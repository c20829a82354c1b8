"""Models asked while a session goes on: what may be shown, what is written down, and what none of it changes."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest

from spymaster.errors import UserError
from spymaster.features.horizons import HORIZONS_S
from spymaster.lake.predictions import put_outcomes
from spymaster.lake.storage.files import LocalStorage
from spymaster.ledger.predictions.entries import ModelSaid, Outcome, Outcomes, Settled
from spymaster.market.frames import UserLevel
from spymaster.models.live_scorer import Questions
from spymaster.session.replay.session import ReplaySession
from spymaster.session.scoring import choice, speakers
from spymaster.session.scoring.choice import ScoringPlan
from spymaster.session.scoring.desk import MOST_DECISIONS, Opened, ScoringDesk
from spymaster.session.scoring.opening import SessionScoring
from spymaster.session.scoring.record import ModelRecord
from spymaster.session.scoring.session_models import SessionModels
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.frame import Command, Frame, Phase
from spymaster.signals.said.viewport import LEARNT_ON_SIMULATED, Chances, LevelsViewport
from tests.session.screen import PATIENCE_S, Open, S
from tests.support import head_models, predicted
from tests.support.heads import HeadsPlan, PlainHeads, models, speaker
from tests.support.market import MID

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture(scope="module")
def plan(small_plan: ReplayPlan) -> ReplayPlan:
    """Some twenty seconds with levels of one's own every point around the price."""
    levels = tuple(UserLevel(f"OWN_{away}", (MID * 250_000_000) + away * 1_000_000_000) for away in range(-4, 5))
    return msgspec.structs.replace(small_plan, user_levels=levels)


def lived(plan: ReplayPlan, spoken: SessionModels | None, *, simulated: bool = True) -> tuple[Frame, str]:
    """The last frame of a session, and its signal hash."""
    session = ReplaySession(plan, simulated=simulated, speed=None, models=spoken)
    session.start()
    try:
        assert session.reached.wait(PATIENCE_S)
        frame = session.latest()
        assert frame is not None
        assert not session.failure
        return frame, session.signal_hash
    finally:
        session.stop()


def at_the_end(plan: ReplayPlan, spoken: SessionModels, *, simulated: bool = True) -> LevelsViewport | None:
    """What was said at the moment a replay stands still at."""
    session = ReplaySession(plan, simulated=simulated, speed=None, until_ns=moment(plan), models=spoken)
    session.start()
    try:
        assert session.reached.wait(PATIENCE_S)
        frame = session.latest()
        assert frame is not None
        return frame.viewport
    finally:
        session.stop()


def moment(plan: ReplayPlan) -> int:
    from spymaster.session.replay.index import ReplayIndex

    index = ReplayIndex(plan, None)
    index.close()
    # on the grid of the snaps
    return (index.first_ns // S + 13) * S


def numbers_in(viewport: LevelsViewport | None) -> list[Chances]:
    return [] if viewport is None else [target.chances for target in viewport.targets if target.chances is not None]


def test_off_in_shadow_and_on_screen_the_same_is_published(plan: ReplayPlan) -> None:
    frames = {mode: lived(plan, models(mode)) for mode in ("off", "shadow", "screen")}
    frames["without"] = lived(plan, None)
    assert len({digest for _, digest in frames.values()}) == 1
    assert len({frame.levels.tobytes() for frame, _ in frames.values()}) == 1


def test_on_a_simulated_market_what_is_said_is_shown_with_its_badge(plan: ReplayPlan) -> None:
    viewport = at_the_end(plan, models("screen"))
    assert viewport is not None
    assert viewport.badge == LEARNT_ON_SIMULATED
    assert viewport.simulated
    said = numbers_in(viewport)
    assert said
    for one in said:
        assert list(one.break_by) == [str(seconds) for seconds in HORIZONS_S]
        assert one.p_break == pytest.approx(one.break_by["480"])
        assert one.p_no_trade == pytest.approx(1.0 - one.p_tradeable)
        assert [similar.outcome for similar in one.similar] == ["BREAK", "BOUNCE", "BREAK", "CHOP"]


def test_in_shadow_nothing_is_shown_and_it_is_said_how_much_was_said(plan: ReplayPlan) -> None:
    frame, _ = lived(plan, models("shadow"))
    health = frame.header.health.scoring
    assert frame.viewport is None
    assert health is not None
    assert (health.mode, health.models, health.fault) == ("shadow", ("sim-plain",), "")
    assert health.said > 0


def test_on_a_real_market_without_a_record_no_number_is_shown(plan: ReplayPlan) -> None:
    viewport = at_the_end(plan, models("screen", simulated=False), simulated=False)
    assert viewport is not None
    assert viewport.targets
    assert viewport.collecting is not None
    assert (viewport.collecting.n, viewport.collecting.of) == (0, 784)
    assert numbers_in(viewport) == []


def decided(count: int, *, came: int, said: ModelSaid, shown: bool = False, simulated: bool = False) -> Outcomes:
    """So many attempts, of which the first ones broke within two minutes."""
    rows: list[Settled] = []
    for stage in ("ARM", "CONTACT", "AFTER_15_S"):
        rows += [
            predicted.settled(0.25, Outcome.BREAK if k < came else Outcome.CHOP, 60.0, stage=stage, shown=shown)
            for k in range(count)
        ]
    return predicted.outcomes(rows, simulated=simulated, models=[said])


def test_with_its_record_a_number_stands_beside_what_came_of_it_before(plan: ReplayPlan, tmp_path: Path) -> None:
    champion = speaker(PlainHeads())
    put_outcomes(LocalStorage(tmp_path), decided(784, came=196, said=champion.said))
    viewport = at_the_end(plan, models("screen", champion, simulated=False, lake=str(tmp_path)), simulated=False)
    assert viewport is not None
    assert viewport.collecting is None
    said = numbers_in(viewport)
    assert said
    for one in said:
        assert one.before is not None
        assert one.before.in_shadow
        assert one.before.base == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("outcomes", "n"),
    [
        ({"count": 783, "came": 100}, 783),
        ({"count": 900, "came": 100, "simulated": True}, 0),
    ],
)
def test_a_record_that_is_too_short_or_of_another_market_is_none(outcomes: dict[str, int], n: int) -> None:
    said = speaker(PlainHeads()).said
    record = ModelRecord(
        [decided(said=said, **outcomes)],  # type: ignore[arg-type]
        said.sha256,
        simulated=False,
        horizons_s=HORIZONS_S,
    )
    assert not record.may_be_shown
    assert record.collecting is not None
    assert record.collecting.n == n


def test_the_record_of_another_file_is_none_of_this_one() -> None:
    said = speaker(PlainHeads()).said
    record = ModelRecord([decided(900, came=9, said=said)], "f" * 64, simulated=False, horizons_s=HORIZONS_S)
    assert record.before("CONTACT", 0.3) is None


def test_what_was_shown_is_its_own_record_once_it_is_long_enough() -> None:
    said = speaker(PlainHeads()).said
    shadow, shown = decided(800, came=200, said=said), decided(784, came=392, said=said, shown=True)
    found = ModelRecord([shadow, shown], said.sha256, simulated=False, horizons_s=HORIZONS_S).before("CONTACT", 0.25)
    early = ModelRecord([shadow], said.sha256, simulated=False, horizons_s=HORIZONS_S).before("CONTACT", 0.25)
    assert found is not None
    assert early is not None
    assert (found.in_shadow, found.base, found.n) == (False, 0.5, 784)
    assert (early.in_shadow, early.base, early.n) == (True, 0.25, 800)


def test_a_moment_gone_to_says_what_was_said_there(open_screen: Open, plan: ReplayPlan) -> None:
    """What is remembered for models goes with a checkpoint."""
    screen = open_screen(plan, until_ns=moment(plan), models=models("screen"))
    screen.session.start()
    first = screen.phase(Phase.PAUSED).viewport
    screen.session.send(Command.SEEK, moment(plan) + 5 * S)
    later = screen.wait(lambda frame: stands_at(frame, moment(plan) + 5 * S)).viewport
    screen.session.send(Command.SEEK, moment(plan))
    again = screen.wait(lambda frame: stands_at(frame, moment(plan))).viewport
    assert numbers_in(first)
    assert first == again != later


def stands_at(frame: Frame, t_ns: int) -> bool:
    return frame.header.phase is Phase.PAUSED and frame.t_ns == t_ns


def test_a_model_that_cannot_be_used_is_said_in_one_line_and_the_session_goes_on(plan: ReplayPlan) -> None:
    def refused(_plan: object) -> tuple[()]:
        raise UserError("heads.model", "was made for other features than this program computes", "make it again")

    spoken = SessionModels(SessionScoring(HeadsPlan(mode="screen", simulated=True), speakers=refused))
    frame, digest = lived(plan, spoken)
    health = frame.header.health.scoring
    assert digest
    assert health is not None
    assert health.fault == "heads.model: was made for other features than this program computes; make it again"
    assert frame.viewport is None


def fault_of(plan: ReplayPlan, scoring: ScoringPlan) -> str:
    frame, _ = lived(plan, SessionModels(SessionScoring(scoring)))
    assert frame.header.health.scoring is not None
    return frame.header.health.scoring.fault


def test_a_model_made_for_other_features_is_refused_and_what_to_do_is_said(plan: ReplayPlan, tmp_path: Path) -> None:
    path = tmp_path / "other.model"
    path.write_bytes(head_models.packed(head_models.arrays()))
    said = fault_of(plan, ScoringPlan(mode="screen", simulated=True, model=path))
    assert said.startswith(f"{path}: was made for other features than this program computes; make it again")


def test_a_challenger_without_a_champion_is_told_what_to_do(
    plan: ReplayPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (choice, speakers):
        monkeypatch.setattr(module, "SHIPPED_HEADS", tmp_path / "none")
    said = fault_of(plan, ScoringPlan(mode="shadow", simulated=True, challenger=tmp_path / "one.model"))
    assert said == (
        "scoring.challenger: there is no first model to stand beside; name it as scoring.model in its place"
    )


def test_a_desk_whose_model_is_refused_keeps_nobody_waiting() -> None:
    def refused() -> Opened:
        raise UserError("heads.model", "is damaged", "make it again")

    desk = ScoringDesk("screen", refused)
    desk.start()
    desk.settle()
    desk.give(questions(1))
    desk.settle()
    assert desk.latest() is None
    desk.close()


class Gate:
    """A book that answers when it is let."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.asked: list[Questions] = []
        self.said = 0

    def answer(self, questions: Questions) -> None:
        self.open.wait(PATIENCE_S)
        self.asked.append(questions)


def questions(t_ns: int, decisions: int = 0, new: int = 1) -> Questions:
    from spymaster.market.rows import LEVEL_ROW
    from spymaster.models.live_scorer import ASKED

    apart = np.zeros(decisions, ASKED)
    apart["t_ns"], apart["is_decision"] = t_ns, 1
    return Questions(
        t_ns=t_ns,
        session_date=20260105,
        levels=np.zeros(0, LEVEL_ROW),
        standings=np.zeros(0),
        asked=np.zeros(0, ASKED),
        rows=np.zeros((0, 3)),
        new=new,
        decided=apart,
        decided_rows=np.full((decisions, 3), float(t_ns)),
    )


def gated() -> tuple[ScoringDesk, Gate]:
    gate = Gate()
    desk = ScoringDesk("screen", lambda: Opened(gate, ("one",)))  # type: ignore[arg-type]
    return desk, gate


def test_only_the_newest_questions_are_answered_and_the_others_counted() -> None:
    desk, gate = gated()
    for t_ns in (1, 2, 3):
        desk.give(questions(t_ns))
    gate.open.set()
    desk.start()
    desk.settle()
    assert [one.t_ns for one in gate.asked] == [3]
    assert desk.health.missed == 2
    desk.close()


def test_snaps_at_which_nothing_was_due_are_not_missed() -> None:
    desk, _ = gated()
    for t_ns in (1, 2, 3):
        desk.give(questions(t_ns, new=0))
    assert desk.health.missed == 0


def test_decisions_are_handed_on_to_the_newest_questions() -> None:
    desk, gate = gated()
    for t_ns, decisions in ((1, 2), (2, 0), (3, 1)):
        desk.give(questions(t_ns, decisions))
    gate.open.set()
    desk.start()
    desk.settle()
    (asked,) = gate.asked
    assert asked.decided["t_ns"].tolist() == [1, 1, 3]
    assert asked.decided_rows[:, 0].tolist() == [1.0, 1.0, 3.0]
    assert desk.health.lost == 0
    desk.close()


def test_decisions_beyond_a_bound_are_lost_and_counted() -> None:
    desk, _ = gated()
    desk.give(questions(1, MOST_DECISIONS))
    desk.give(questions(2, 3))
    assert desk.health.lost == 3


def test_a_desk_that_is_busy_keeps_nobody_waiting_and_answers_what_is_left_before_it_ends() -> None:
    desk, gate = gated()
    desk.start()
    desk.give(questions(1))
    desk.give(questions(2))
    gate.open.set()
    desk.close()
    assert gate.asked[-1].t_ns == 2
