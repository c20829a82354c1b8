"""Bronze and Gold go after their own time; the last copy of what was not sealed or not audited stays."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from spymaster.lake.catalog import Lake, LakeRun
from spymaster.lake.days.choice import newest_complete
from spymaster.lake.policy import carry_out, plan
from spymaster.lake.verify import verify
from spymaster.market.kinds import Kind
from spymaster.market.manifest import Audit, RunStatus, encode_manifest
from tests.support.journals import T0_NS
from tests.support.lakes import HOUR_NS, RUN, Frames, config_frame, es_depth, lake_at, published, record

DAY_NS = 24 * HOUR_NS
NOW_NS = T0_NS + 100 * DAY_NS


def recorded(root: Path, run_id: str = "one", *, status: RunStatus = RunStatus.SEALED, audited: bool = True) -> None:
    """A run of a few records and snaps."""
    frames = Frames()
    frames.add(config_frame(), T0_NS)
    frames.records(Kind.MBP10, es_depth(50))
    frames.signals(*published(8))
    record(root, frames.stored, msgspec.structs.replace(RUN, id=run_id), status=status)
    if audited:
        lake = lake_at(root)
        run = lake.run(run_id)
        audit = Audit(dt.datetime(2024, 1, 6, tzinfo=dt.UTC), "same", (), {})
        own = msgspec.structs.replace(run.run, audits=(audit,))
        lake.storage.put(run.name, encode_manifest(msgspec.structs.replace(run.manifest, run=own)))


def gone(lake: Lake, **policy: int | tuple[str, ...]) -> list[tuple[str, str]]:
    """(run, tier) of what a policy lets go."""
    return [(step.run.run.id, step.tier) for step in plan(lake, NOW_NS, **policy) if not step.kept_because]  # type: ignore[arg-type]


def tiers(root: Path) -> set[str]:
    return {path.relative_to(root).parts[0] for path in root.rglob("*.parquet")}


def only(root: Path) -> LakeRun:
    return lake_at(root).run()


@pytest.mark.parametrize(
    ("bronze_days", "gold_days", "goes"),
    [(0, 0, []), (99, 0, ["bronze"]), (0, 99, ["gold"]), (101, 99, ["gold"]), (99, 99, ["bronze", "gold"])],
)
def test_each_tier_goes_after_its_own_days(tmp_path: Path, bronze_days: int, gold_days: int, goes: list[str]) -> None:
    recorded(tmp_path)
    lake = lake_at(tmp_path)
    assert gone(lake, bronze_days=bronze_days, gold_days=gold_days) == [("one", tier) for tier in goes]


def test_a_plan_changes_nothing_and_carrying_it_out_leaves_a_sound_lake(tmp_path: Path) -> None:
    recorded(tmp_path)
    lake = lake_at(tmp_path)
    steps = plan(lake, NOW_NS, bronze_days=30)
    assert tiers(tmp_path) == {"bronze", "gold"}
    carry_out(lake, steps)
    assert tiers(tmp_path) == {"gold"}
    assert list(verify(lake_at(tmp_path))) == []
    run = only(tmp_path)
    assert (run.run.let_go, {file.kind for file in run.manifest.files}) == (("bronze",), {"SIGNALS"})


def test_what_was_let_go_is_not_let_go_again(tmp_path: Path) -> None:
    recorded(tmp_path)
    carry_out(lake_at(tmp_path), plan(lake_at(tmp_path), NOW_NS, bronze_days=30))
    assert plan(lake_at(tmp_path), NOW_NS, bronze_days=30) == ()


@pytest.mark.parametrize(
    ("about", "also", "said"),
    [
        ({"audited": False}, ("unaudited",), "the run is unaudited, and there is no other copy"),
        ({"status": RunStatus.TORN}, ("unsealed",), "the run is unsealed, and there is no other copy"),
        (
            {"status": RunStatus.TORN, "audited": False},
            ("unaudited", "unsealed"),
            "the run is unsealed and unaudited, and there is no other copy",
        ),
    ],
)
def test_the_last_copy_of_such_a_run_stays_unless_told(
    tmp_path: Path, about: dict[str, object], also: tuple[str, ...], said: str
) -> None:
    recorded(tmp_path, **about)  # type: ignore[arg-type]
    lake = lake_at(tmp_path)
    (step,) = plan(lake, NOW_NS, bronze_days=30)
    assert step.kept_because == said
    carry_out(lake, [step])
    assert tiers(tmp_path) == {"bronze", "gold"}
    assert gone(lake, bronze_days=30, also=also) == [("one", "bronze")]


def test_gold_goes_where_it_can_be_made_anew(tmp_path: Path) -> None:
    recorded(tmp_path, audited=False)
    assert gone(lake_at(tmp_path), gold_days=30) == [("one", "gold")]


def test_gold_stays_where_its_bronze_has_gone(tmp_path: Path) -> None:
    recorded(tmp_path, audited=False)
    carry_out(lake_at(tmp_path), plan(lake_at(tmp_path), NOW_NS, bronze_days=30, also=("unaudited",)))
    (step,) = plan(lake_at(tmp_path), NOW_NS, gold_days=30)
    assert step.kept_because == "the run is unaudited, and there is no other copy"


def test_a_run_that_another_sealed_one_covers_is_no_last_copy(tmp_path: Path) -> None:
    recorded(tmp_path, "torn", status=RunStatus.TORN, audited=False)
    recorded(tmp_path, "whole")
    assert gone(lake_at(tmp_path), bronze_days=30) == [("torn", "bronze"), ("whole", "bronze")]


def test_of_two_runs_that_cover_each_other_one_stays(tmp_path: Path) -> None:
    recorded(tmp_path, "a", audited=False)
    recorded(tmp_path, "b", audited=False)
    assert gone(lake_at(tmp_path), bronze_days=30) == [("a", "bronze")]


def test_a_run_that_was_let_go_does_not_count_before_one_that_is_there(tmp_path: Path) -> None:
    recorded(tmp_path, "20240106T000000Z-older")
    recorded(tmp_path, "20240107T000000Z-newer")
    lake = lake_at(tmp_path)
    carry_out(lake, [step for step in plan(lake, NOW_NS, bronze_days=1, gold_days=1) if "newer" in step.run.run.id])
    assert newest_complete(lake_at(tmp_path).runs).run.id == "20240106T000000Z-older"
