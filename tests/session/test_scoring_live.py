"""A session that is written down keeps what its models said: as it was said, sealed with the run."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import pytest

from spymaster.features.follower import FeatureFollower
from spymaster.features.horizons import HORIZONS_S
from spymaster.lake.catalog import Lake
from spymaster.lake.predictions import predictions_of
from spymaster.lake.sidecar.process import finish
from spymaster.lake.storage.files import LocalStorage
from spymaster.ledger.predictions.entries import Round, RunBegins, Said
from spymaster.market.frames import ConfigFrame, UserLevel
from spymaster.models.live_scorer import LevelAsker
from spymaster.physics.engine import Engine
from spymaster.session.live.played import PlayedArrivals
from spymaster.session.live.session import LiveSession
from spymaster.session.record.recording import RunRecording
from spymaster.session.record.sidecar_watch import SidecarWatch
from spymaster.session.scoring.book import ScoringBook
from spymaster.session.scoring.record import ModelRecord
from spymaster.session.scoring.session_models import SessionModels
from spymaster.session.sources.forms import open_source
from spymaster.session.sources.journal_source import JournalSource
from spymaster.session.sources.replay_source import ReplayPlan
from tests.session.screen import PATIENCE_S
from tests.support.heads import PlainHeads, models, speaker
from tests.support.lakes import RUN
from tests.support.market import MID

pytestmark = pytest.mark.usefixtures("warm")


class Alive:
    """A sidecar that does nothing."""

    pid = 7

    def poll(self) -> None:
        return None

    def wait(self) -> None:
        return None


def idle(_command: Sequence[str], _log: IO[bytes]) -> Any:
    return cast(Any, Alive())


@pytest.fixture(scope="module")
def plan(small_plan: ReplayPlan) -> ReplayPlan:
    levels = tuple(UserLevel(f"OWN_{away}", (MID * 250_000_000) + away * 1_000_000_000) for away in range(-4, 5))
    return msgspec.structs.replace(small_plan, user_levels=levels)


def lived(plan: ReplayPlan, out: Path, spoken: SessionModels, *, simulated: bool = True) -> LiveSession:
    """A session over the small file, ended and sealed."""
    run = msgspec.structs.replace(RUN, simulated=simulated)

    def begin(_config: ConfigFrame) -> RunRecording:
        return RunRecording(out, run, clock_ns=0, watch=lambda journal: SidecarWatch(journal, start=idle))

    session = LiveSession(
        PlayedArrivals(open_source(plan), None),
        begin,
        profile=plan.profile,
        simulated=simulated,
        draws=True,
        models=spoken,
    )
    session.start()
    assert session.ended.wait(PATIENCE_S)
    assert not session.failure
    finish(out / "journal")
    return session


def said_in(out: Path) -> list[Said]:
    (found,) = predictions_of(Lake(LocalStorage(out)))
    assert found.problem == ""
    assert found.chain.is_ended
    return [said for entry in found.entries if isinstance(entry, Round) for said in entry.said]


def test_what_was_said_is_in_the_lake_and_its_root_in_the_manifest(plan: ReplayPlan, tmp_path: Path) -> None:
    session = lived(plan, tmp_path / "out", models("screen"))
    said = said_in(tmp_path / "out")
    assert said
    assert all(one.shown for one in said)
    assert any(one.is_decision for one in said)
    assert all(len(one.break_by) == len(HORIZONS_S) and one.distance > 0.0 for one in said)
    seal = Lake(LocalStorage(tmp_path / "out")).run().run.predictions
    assert seal is not None
    assert seal.said == len(said)
    assert seal.days[-1].said == len(said)
    frame = session.latest()
    assert frame is not None
    health = frame.header.health.scoring
    assert health is not None
    assert health.said == len(said)


def test_on_a_real_market_without_a_record_it_is_written_down_as_shadow(plan: ReplayPlan, tmp_path: Path) -> None:
    lived(plan, tmp_path / "out", models("screen", simulated=False), simulated=False)
    assert {one.shown for one in said_in(tmp_path / "out")} == {False}


def test_a_challenger_is_asked_the_same_and_speaks_in_shadow(plan: ReplayPlan, tmp_path: Path) -> None:
    champion, challenger = speaker(PlainHeads()), speaker(PlainHeads(0.1, name="sim-other"), "challenger")
    lived(plan, tmp_path / "out", models("screen", champion, challenger))
    said = said_in(tmp_path / "out")
    by_model = [[one for one in said if one.model == number] for number in range(2)]
    assert [{one.shown for one in ours} for ours in by_model] == [{True}, {False}]
    assert [(one.level, one.stage) for one in by_model[0]] == [(one.level, one.stage) for one in by_model[1]]
    assert all(a.p_break == pytest.approx(b.p_break + 0.1, abs=2e-4) for a, b in zip(*by_model, strict=True))


def test_the_first_line_names_the_models_by_the_hash_of_their_files(plan: ReplayPlan, tmp_path: Path) -> None:
    champion = speaker(PlainHeads())
    lived(plan, tmp_path / "out", models("shadow", champion))
    (found,) = predictions_of(Lake(LocalStorage(tmp_path / "out")))
    begins = found.entries[0]
    assert isinstance(begins, RunBegins)
    assert (begins.run, begins.simulated, begins.models) == (RUN.id, True, (champion.said,))


def test_a_replay_says_at_each_moment_what_was_said_live(plan: ReplayPlan, tmp_path: Path) -> None:
    """Whatever the live session had time for: what it said is what follows from the snaps alone."""
    lived(plan, tmp_path / "out", models("shadow"))
    (found,) = predictions_of(Lake(LocalStorage(tmp_path / "out")))
    told = {
        (entry.t_ns, said.level, said.stage): said
        for entry in found.entries
        if isinstance(entry, Round)
        for said in entry.said
    }
    replayed = said_of_journal(plan, tmp_path / "out" / "journal")
    assert told
    assert {key: replayed[key] for key in told} == told


def said_of_journal(plan: ReplayPlan, journal: Path) -> dict[tuple[int, str, str], Said]:
    """What a model says of a recorded session, snap by snap."""
    source, engine = JournalSource(journal), Engine(snaps_per_block=1)
    asker, kept = LevelAsker(FeatureFollower(0.25), 0.25), Kept()
    one = speaker(PlainHeads())
    book = ScoringBook(
        [one],
        [ModelRecord([], one.said.sha256, simulated=True, horizons_s=HORIZONS_S)],
        profile="es",
        user_ids=tuple(level.id for level in plan.user_levels),
        horizons_s=HORIZONS_S,
        simulated=True,
        screen=False,
        log=kept,
    )
    for block in itertools.chain(*map(engine.feed, source.frames()), engine.finish()):
        asker.on_block(block)
        if len(block.snaps) and asker.questions is not None:
            book.answer(asker.questions)
    return {(round_.t_ns, said.level, said.stage): said for round_ in kept.rounds for said in round_.said}


class Kept:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.rounds: list[Round] = []

    def write(self, entry: Round) -> None:
        self.rounds.append(entry)


def test_without_models_there_is_no_file(plan: ReplayPlan, tmp_path: Path) -> None:
    lived(plan, tmp_path / "out", models("off"))
    assert not (tmp_path / "out" / "journal" / "predictions.jsonl").exists()
    assert Lake(LocalStorage(tmp_path / "out")).run().run.predictions is None
