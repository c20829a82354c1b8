"""Building: the same rows in the same bytes, whoever builds them, however often it was stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from spymaster.errors import UserError
from spymaster.features.attempt_features import ATTEMPT_FEATURES, SCHEMA
from spymaster.learn.dataset.build import SetBuild
from spymaster.learn.dataset.columns import COLUMNS
from spymaster.learn.dataset.inputs import RunRequest
from spymaster.learn.dataset.read import load
from spymaster.learn.dataset.row_columns import OUT_OF_HOURS
from spymaster.learn.dataset.run_build import BUILDING, STAGES, RunRecord, Settings
from spymaster.learn.dataset.set_manifest import read_set_manifest
from spymaster.models.prediction import Stage
from tests.learn.dataset.conftest import built, files_of, plan_of, requests_of

Both = tuple[Path, Path]


def test_a_set_is_rows_of_attempts_with_the_features_of_this_program(data_set: Path) -> None:
    data = load(data_set)
    assert data.names == tuple(one.name for one in ATTEMPT_FEATURES)
    assert data.schema == SCHEMA
    assert data.simulated
    assert data.id.startswith("sim-")
    assert {int(Stage.ARM), int(Stage.CONTACT)} <= set(data.stage.tolist())
    assert len(data) == read_set_manifest(data_set).rows > 20


def test_an_attempt_counts_once_however_many_rows_it_has(data_set: Path) -> None:
    data = load(data_set)
    assert np.bincount(data.attempt, data.weight).tolist() == pytest.approx([1.0] * len(data.attempt_ids))


def test_an_attempt_is_named_by_run_date_level_and_arm(data_set: Path) -> None:
    data = load(data_set)
    source, date, level, arm_ns = data.attempt_ids[0].split("/")
    assert (source, date, int(arm_ns)) == (data.sources[data.source[0]], "20260317", int(data.arm_ns[0]))
    assert level.startswith(("USER_", "ROUND_", "VWAP", "SESSION_"))


def test_built_twice_the_bytes_are_the_same(recordings: Both, data_set: Path, tmp_path: Path) -> None:
    five, six = recordings
    built(tmp_path / "again", requests_of(six, five))
    assert files_of(tmp_path / "again") == files_of(data_set)


def test_where_the_recordings_stand_does_not_count(recordings: Both, data_set: Path, tmp_path: Path) -> None:
    copies = [Path(shutil.copytree(one, tmp_path / "elsewhere" / one.name)) for one in recordings]
    built(tmp_path / "again", requests_of(*copies))
    assert files_of(tmp_path / "again") == files_of(data_set)


def test_many_processes_give_the_same_bytes(recordings: Both, data_set: Path, tmp_path: Path) -> None:
    built(tmp_path / "again", requests_of(*recordings), workers=2)
    assert files_of(tmp_path / "again") == files_of(data_set)


def test_stopped_in_the_middle_and_gone_on_with_the_bytes_are_the_same(
    recordings: Both, data_set: Path, tmp_path: Path
) -> None:
    out = tmp_path / "again"
    with SetBuild(out) as build:
        first = next(build.runs(requests_of(*recordings), 1))
    (out / first.parts[0].path).with_name("part.parquet.12ab34cd.partial").write_bytes(b"torn")
    with SetBuild(out) as build:
        records = list(build.runs(requests_of(*recordings), 1))
        build.finish(records)
    assert [one.was_there for one in records] == [True, False]
    assert files_of(out) == files_of(data_set)


KILLED = """
import os, signal, sys
from pathlib import Path
from spymaster.learn.dataset.gather import DecisionSink
from tests.learn.dataset.conftest import built, requests_of

out, recordings = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
follow = DecisionSink.on_block

def struck(sink, block):
    follow(sink, block)
    if list(out.glob(".building/*.json")):
        os.kill(os.getpid(), signal.SIGKILL)

DecisionSink.on_block = struck
built(out, requests_of(*recordings))
"""


def test_killed_in_the_middle_and_gone_on_with_the_bytes_are_the_same(
    recordings: Both, data_set: Path, tmp_path: Path
) -> None:
    out = tmp_path / "again"
    done = subprocess.run([sys.executable, "-c", KILLED, out, *recordings], check=False, cwd=Path(__file__).parents[3])
    assert done.returncode == -signal.SIGKILL
    assert len(list(out.rglob("part.parquet"))) == 1
    built(out, requests_of(*recordings))
    assert files_of(out) == files_of(data_set)


def die(request: RunRequest, folder: Path, settings: Settings) -> RunRecord:
    """A process that the system kills."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed")


def test_a_process_that_was_killed_is_said_in_one_line(recordings: Both, tmp_path: Path) -> None:
    with SetBuild(tmp_path / "set") as build, pytest.raises(UserError, match="a process of this build was killed"):
        list(build.work(die, requests_of(*recordings), 2))


def test_a_part_that_was_damaged_while_stopped_is_made_again(recordings: Both, data_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    with SetBuild(out) as build:
        first = next(build.runs(requests_of(*recordings), 1))
    (out / first.parts[0].path).write_bytes(b"torn")
    built(out, requests_of(*recordings))
    assert files_of(out) == files_of(data_set)


def test_gone_on_with_otherwise_nothing_of_before_is_left(recordings: Both, tmp_path: Path) -> None:
    five, six = recordings
    with SetBuild(tmp_path / "again", all_hours=True) as build:
        list(build.runs(requests_of(six), 1))
    built(tmp_path / "again", requests_of(five))
    built(tmp_path / "straight", requests_of(five))
    assert files_of(tmp_path / "again") == files_of(tmp_path / "straight")


def test_other_levels_are_another_source(recordings: Both, tmp_path: Path) -> None:
    five = recordings[0]
    fewer = msgspec.structs.replace(plan_of(five), user_levels=plan_of(five).user_levels[:20])
    (request,) = requests_of(five)
    one = built(tmp_path / "one", [request])
    other = built(tmp_path / "other", [msgspec.structs.replace(request, plan=fewer)])
    assert one.inputs[0].name != other.inputs[0].name
    assert one.id != other.id


def test_hours_outside_the_session_are_left_out_and_counted_unless_they_are_wanted(
    recordings: Both, tmp_path: Path
) -> None:
    usual = built(tmp_path / "usual", requests_of(recordings[0]))
    all_hours = built(tmp_path / "all", requests_of(recordings[0]), all_hours=True)
    assert usual.excluded[OUT_OF_HOURS] > 0
    assert OUT_OF_HOURS not in all_hours.excluded
    assert all_hours.rows == usual.rows + usual.excluded[OUT_OF_HOURS] - (
        sum(all_hours.excluded.values()) - sum(n for why, n in usual.excluded.items() if why != OUT_OF_HOURS)
    )
    assert (load(tmp_path / "usual").minutes >= 0.0).all()


def test_each_stage_says_what_it_took(recordings: Both, tmp_path: Path) -> None:
    with SetBuild(tmp_path / "set") as build:
        (record,) = build.runs(requests_of(recordings[0]), 1)
    assert tuple(record.seconds) == STAGES
    assert all(seconds >= 0.0 for seconds in record.seconds.values())


def test_a_finished_set_is_not_built_into(recordings: Both, data_set: Path) -> None:
    with pytest.raises(UserError, match="holds a finished data set, sim-"):
        SetBuild(data_set)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(UserError, match=r"holds something else \(letters.txt\)"):
        SetBuild(tmp_path)
    assert files_of(tmp_path) == {"letters.txt": b"dear"}


def test_two_builds_do_not_meet_in_one_folder(tmp_path: Path) -> None:
    with SetBuild(tmp_path / "set"), pytest.raises(UserError, match="building this data set is under way in process"):
        SetBuild(tmp_path / "set")


def test_a_recording_named_twice_is_refused(recordings: Both, tmp_path: Path) -> None:
    five = recordings[0]
    with pytest.raises(UserError, match="was named more than once"):
        built(tmp_path / "set", [*requests_of(five), *requests_of(five)])


def test_a_finished_set_holds_nothing_but_its_manifest_and_its_parts(data_set: Path) -> None:
    parts = {part.path for part in read_set_manifest(data_set).parts}
    assert set(files_of(data_set)) == {"manifest.json", *parts}
    assert not (data_set / BUILDING).exists()


def test_no_column_stands_twice_and_each_says_what_it_is() -> None:
    names = [one.name for one in COLUMNS]
    assert len(set(names)) == len(names)
    assert not {"date", "source"} & set(names)
    for one in COLUMNS:
        assert one.unit, one.name
        assert one.doc, one.name
        assert one.source or one.name == "attempt_id", one.name
