"""Random worlds judged: an interrupted run goes on, and nothing is left but figures."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import msgspec
import pytest

from spymaster.cli.market.evaluate_worlds import plan_of
from spymaster.evaluate.worlds.judging import WorldTask, judge_worlds, tasks_of
from spymaster.evaluate.worlds.world_record import WorldRecord
from spymaster.market.manifest import load_manifest

SEED = 54
PLAN = partial(plan_of, config=None)


def tasks(out: Path, *, keep: bool = False, markets: tuple[str, ...] = ("second",)) -> list[WorldTask]:
    return tasks_of([SEED], markets, minutes=2.0, out=out, keep=keep, with_naive=False)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, WorldRecord]:
    out = tmp_path_factory.mktemp("worlds")
    [found] = judge_worlds(tasks(out, keep=True), PLAN)
    return out, found


def test_a_world_is_simulated_replayed_and_scored(judged: tuple[Path, WorldRecord]) -> None:
    _, found = judged
    assert (found.market, found.seed, found.profile) == ("second", SEED, "es")
    assert found.hours == pytest.approx(2 / 60)
    assert found.states.directions[1] > 100
    assert set(found.seconds) == {"simulate", "replay", "score", "processor"}


def test_its_record_is_kept_as_one_json_file(judged: tuple[Path, WorldRecord]) -> None:
    out, found = judged
    [file] = out.glob("*.json")
    assert msgspec.json.decode(file.read_bytes(), type=WorldRecord) == found


def test_a_recording_that_is_to_be_kept_can_be_replayed(judged: tuple[Path, WorldRecord]) -> None:
    out, found = judged
    assert load_manifest(out / "recordings" / found.name).records == found.records


def test_an_interrupted_run_takes_what_is_there(judged: tuple[Path, WorldRecord], tmp_path: Path) -> None:
    _, found = judged
    marked = msgspec.structs.replace(found, records=-1)
    (tmp_path / f"{found.name}.json").write_bytes(msgspec.json.encode(marked))
    told: list[tuple[int, int]] = []
    assert judge_worlds(tasks(tmp_path), PLAN, tell=lambda done, of, _: told.append((done, of))) == [marked]
    assert told == [(1, 1)]


@pytest.mark.parametrize("content", [b"{", b"{}"])
def test_a_torn_record_is_made_again_and_its_recording_deleted(
    judged: tuple[Path, WorldRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    _, found = judged
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    (tmp_path / f"{found.name}.json").write_bytes(content)
    [again] = judge_worlds(tasks(tmp_path), PLAN)
    assert msgspec.structs.replace(again, seconds=found.seconds) == found
    assert not any(scratch.iterdir())


def test_a_record_made_by_other_sources_is_made_again(judged: tuple[Path, WorldRecord], tmp_path: Path) -> None:
    _, found = judged
    other = msgspec.structs.replace(found, engine="other", records=-1)
    (tmp_path / f"{found.name}.json").write_bytes(msgspec.json.encode(other))
    [again] = judge_worlds(tasks(tmp_path), PLAN)
    assert again.records == found.records


@pytest.mark.slow
def test_several_jobs_find_what_one_does(tmp_path: Path) -> None:
    both = tasks_of([SEED, SEED + 1], ("second",), minutes=1.0, with_naive=False)
    alone, together = judge_worlds(both, PLAN), judge_worlds(both, PLAN, jobs=2)
    assert [one.name for one in together] == [task.name for task in both]
    for a, b in zip(alone, together, strict=True):
        assert msgspec.structs.replace(a, seconds={}) == msgspec.structs.replace(b, seconds={})
