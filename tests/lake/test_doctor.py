"""The doctor names what is the matter with a lake and what to do, without reading every byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spymaster.lake.doctor import Complaint, examine
from spymaster.market.frames import GapFrame
from spymaster.market.kinds import NS_PER_S
from spymaster.market.manifest import RecordingFile, RunStatus, encode_manifest
from tests.lake.test_policy import recorded
from tests.lake.test_renamed import gold_of
from tests.support.journals import T0_NS
from tests.support.lakes import Frames, config_frame, lake_at, record


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A sound lake of one audited run."""
    recorded(tmp_path)
    return tmp_path


def found(root: Path) -> list[tuple[str, str, str, bool]]:
    """Place below the root, problem, remedy, whether it is damage."""
    complaints = list(examine(lake_at(root)))
    assert all("\n" not in str(complaint) and complaint.remedy for complaint in complaints)
    return [(c.place.removeprefix(f"{root}/"), c.problem, c.remedy, c.is_damage) for c in complaints]


def one(root: Path) -> Complaint:
    (complaint,) = examine(lake_at(root))
    return complaint


def gold_file(root: Path) -> Path:
    (path,) = (root / "gold" / "levels").rglob("*.parquet")
    return path


def retell(root: Path, path: Path, **changes: int | str) -> None:
    """Have the manifest say something else of a file."""
    lake = lake_at(root)
    run = lake.run()
    name = path.relative_to(root).as_posix()

    def told(file: RecordingFile) -> RecordingFile:
        return msgspec.structs.replace(file, **changes) if file.path == name else file

    files = tuple(told(file) for file in run.manifest.files)
    lake.storage.put(run.name, encode_manifest(msgspec.structs.replace(run.manifest, files=files)))


def test_a_sound_lake_has_no_complaint(root: Path) -> None:
    assert found(root) == []


def test_a_file_of_no_run_can_be_deleted(root: Path) -> None:
    stray = gold_file(root).with_name("stray.parquet")
    shutil.copy(gold_file(root), stray)
    name, problem, remedy, is_damage = found(root)[0]
    assert name == stray.relative_to(root).as_posix()
    assert problem.startswith("belongs to no run (")
    assert problem.endswith(" bytes); nothing reads it")
    assert (remedy, is_damage) == ("delete it", False)


def test_half_a_file_can_be_deleted_and_is_left_alone_while_a_run_is_open(root: Path) -> None:
    half = gold_file(root).with_name("part-1.parquet.partial")
    half.write_bytes(b"PAR1")
    assert [(problem, remedy) for _, problem, remedy, _ in found(root)] == [
        ("is half a file that a process left behind", "delete it")
    ]
    recorded(root, "20240105T999999Z", status=RunStatus.OPEN)
    assert "leave it while a run is recorded, delete it" in [remedy for *_, remedy, _ in found(root)]


@pytest.mark.parametrize(
    ("status", "said", "to_do"),
    [
        (RunStatus.OPEN, "the run is open: it was never sealed", "record OUT --finish"),
        (RunStatus.TORN, "the run is torn", "--finish brings in what its journal still has"),
    ],
)
def test_a_run_without_a_seal_can_be_finished(tmp_path: Path, status: RunStatus, said: str, to_do: str) -> None:
    recorded(tmp_path, status=status)
    complaint = one(tmp_path)
    assert (complaint.problem, complaint.is_damage) == (said, False)
    assert to_do in complaint.remedy


def test_a_missing_file_is_damage(root: Path) -> None:
    gold_file(root).unlink()
    complaint = one(root)
    assert (complaint.problem, complaint.is_damage) == ("is missing", True)
    assert "lake rebuild-gold makes Gold from Bronze" in complaint.remedy


def test_a_file_of_another_size_is_damage(root: Path) -> None:
    with gold_file(root).open("ab") as file:
        file.write(b"more")
    assert one(root).problem.startswith("has ")


def test_other_rows_than_the_manifest_says_are_damage(root: Path) -> None:
    retell(root, gold_file(root), records=7)
    assert one(root).problem == "holds 24 rows of SIGNALS, its manifest says 7 of SIGNALS"


def test_a_column_that_always_has_a_value_and_has_none_is_damage(root: Path) -> None:
    path = gold_file(root)
    parquet = pq.ParquetFile(path)
    table, metadata = parquet.read(), parquet.schema_arrow.metadata
    kinds = pa.array([None, *table["kind"].to_pylist()[1:]], pa.string())
    table = table.set_column(table.column_names.index("kind"), "kind", kinds).replace_schema_metadata(metadata)
    pq.write_table(table, path)
    retell(root, path, bytes=path.stat().st_size)
    problems = [problem for _, problem, *_ in found(root)]
    assert "column kind has no value in 1 rows, and always has one" in problems


def test_numbers_that_leave_a_hole_are_damage(root: Path) -> None:
    (path,) = (root / "bronze" / "futures").rglob("*.parquet")
    retell(root, path, last_seq=70)
    complaint = one(root)
    assert complaint.problem == "its files hold 50 records, numbered up to 70"
    assert complaint.is_damage


def test_gaps_are_added_up_with_their_reasons(tmp_path: Path) -> None:
    frames = Frames()
    frames.add(config_frame(), T0_NS)
    for second in (0, 10):
        frames.add(GapFrame("depth", T0_NS + second * NS_PER_S, T0_NS + (second + 2) * NS_PER_S, "reconnect"))
    record(tmp_path, frames.stored)
    problems = [problem for _, problem, *_ in found(tmp_path)]
    assert problems == ["2 gaps, 4.0 s together (reconnect)", "was not held against the vendor's account yet"]


def test_gold_of_several_versions_and_several_runs_of_a_date_are_noted(tmp_path: Path) -> None:
    notes = found(gold_of(tmp_path, "gold-5", "gold-6"))
    problems = [problem for _, problem, *_ in notes]
    assert problems.count("holds files of version 5 (1) and version 6 (1)") == 2, "signals and alerts"
    assert not any(is_damage for *_, is_damage in notes)
    assert any("counts, not " in problem for problem in problems)


def test_a_manifest_that_cannot_be_read_is_damage(root: Path) -> None:
    (manifest,) = (root / "runs").iterdir()
    manifest.write_bytes(manifest.read_bytes()[:-40])
    assert next(is_damage for *_, is_damage in found(root))
