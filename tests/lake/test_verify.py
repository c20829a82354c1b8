"""What is wrong with a lake is found, and said in one line for each place."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from spymaster.lake.catalog import Lake
from spymaster.lake.retention import prune
from spymaster.lake.storage.files import LocalStorage
from spymaster.lake.verify import Finding, verify
from spymaster.market.frames import WatermarkFrame
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RunStatus, encode_manifest
from tests.lake.test_recorder import three_hours
from tests.support.journals import T0_NS
from tests.support.lakes import HOUR_NS, RUN, Frames, es_depth, lake_at, record

DAY_NS = 24 * HOUR_NS


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A sealed run of three hours."""
    record(tmp_path, three_hours().stored)
    return tmp_path


def findings(root: Path) -> list[Finding]:
    return list(verify(lake_at(root)))


def damage(root: Path) -> str:
    """The only thing that is wrong."""
    (found,) = [str(finding) for finding in findings(root) if finding.is_damage]
    assert "\n" not in found
    return found.removeprefix(f"{root}/")


def first(root: Path, table: str) -> Path:
    return min((root / table).rglob("*.parquet"))


def test_a_sound_lake_has_no_findings(root: Path) -> None:
    assert findings(root) == []


def test_a_missing_file_is_found(root: Path) -> None:
    path = first(root, "bronze/futures")
    path.unlink()
    assert damage(root) == f"{path.relative_to(root)}: is missing"


def test_a_changed_byte_is_found(root: Path) -> None:
    path = first(root, "bronze/futures")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert damage(root) == f"{path.relative_to(root)}: its content is not what its manifest says (SHA-256)"


def test_a_shortened_file_is_found(root: Path) -> None:
    path = first(root, "gold")
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-1])
    assert damage(root) == f"{path.relative_to(root)}: has {size - 1} bytes, its manifest says {size}"


def test_an_unreadable_manifest_is_found(root: Path) -> None:
    (root / "runs" / "other.json").write_text("{")
    assert damage(root).startswith("runs/other.json: not a recording's manifest")


def test_a_hole_in_the_numbers_is_found(root: Path) -> None:
    lake = lake_at(root)
    run = lake.run()
    kept = [file for file in run.manifest.files if not (file.kind == "MBP1" and "hour=15" in file.path)]
    manifest = msgspec.structs.replace(run.manifest, files=tuple(kept))
    lake.storage.put(run.name, encode_manifest(manifest))
    assert damage(root) == f"runs/{RUN.id}.json: record 103 is followed by record 106"


def test_a_number_given_twice_is_found(root: Path) -> None:
    lake = lake_at(root)
    run = lake.run()
    file = next(file for file in run.manifest.files if file.kind == "MBP10")
    copy = msgspec.structs.replace(file, path=file.path.replace("part-", "again-"))
    (root / copy.path).write_bytes((root / file.path).read_bytes())
    manifest = msgspec.structs.replace(run.manifest, files=(*run.manifest.files, copy))
    lake.storage.put(run.name, encode_manifest(manifest))
    assert damage(root) == f"runs/{RUN.id}.json: record 0 is there twice"


def test_a_file_of_no_run_is_noted_and_is_no_damage(root: Path) -> None:
    stray = root / "bronze/futures/mbp10/symbol=ES/date=2024-01-05/hour=14/stray.parquet"
    stray.touch()
    assert findings(root) == [Finding(str(stray), "belongs to no run; nothing reads it", is_damage=False)]


def test_a_run_that_is_not_sealed_is_noted(tmp_path: Path) -> None:
    record(tmp_path, three_hours().stored, status=RunStatus.TORN)
    place = str(tmp_path / "runs" / f"{RUN.id}.json")
    assert findings(tmp_path) == [Finding(place, "the run is torn, not sealed", is_damage=False)]


def runs(root: Path) -> Lake:
    """A run a day on five days, the fourth of them torn."""
    for day in range(5):
        start = T0_NS + day * DAY_NS
        frames = Frames()
        frames.records(Kind.MBP10, es_depth(50, start))
        frames.add(WatermarkFrame(start), start)
        run = msgspec.structs.replace(RUN, id=f"day-{day}", started_ns=start)
        record(root, frames.stored, run, status=RunStatus.TORN if day == 3 else RunStatus.SEALED)
    return lake_at(root)


def left(root: Path) -> list[str]:
    return [run.run.id for run in lake_at(root).runs]


def test_old_runs_go_with_all_their_files(tmp_path: Path) -> None:
    lake = runs(tmp_path)
    gone = prune(lake, T0_NS + 4 * DAY_NS, keep_days=2)
    assert (gone.runs, left(tmp_path)) == (("day-0", "day-1"), ["day-2", "day-3", "day-4"])
    assert gone.files == 4
    assert [finding for finding in findings(tmp_path) if finding.is_damage] == []
    assert {path.parent.parent.name for path in (tmp_path / "bronze").rglob("*.parquet")} == {
        *("date=2024-01-07", "date=2024-01-08", "date=2024-01-09")
    }


def test_what_is_not_sealed_never_goes(tmp_path: Path) -> None:
    lake = runs(tmp_path)
    prune(lake, T0_NS + 400 * DAY_NS, keep_days=1, max_bytes=1)
    assert left(tmp_path) == ["day-3"]


def test_the_oldest_go_until_the_rest_fits(tmp_path: Path) -> None:
    lake = runs(tmp_path)
    one = sum(file.bytes for file in lake.runs[0].manifest.files)
    prune(lake, T0_NS, max_bytes=round(3.5 * one))
    assert left(tmp_path) == ["day-2", "day-3", "day-4"]


def test_without_limits_all_stay(tmp_path: Path) -> None:
    gone = prune(runs(tmp_path), T0_NS + 400 * DAY_NS)
    assert (gone.runs, gone.files, len(left(tmp_path))) == ((), 0, 5)


def test_a_half_removed_run_is_removed_by_the_next(tmp_path: Path) -> None:
    lake = runs(tmp_path)
    LocalStorage(tmp_path).remove(lake.runs[0].manifest.files[0].path)
    prune(lake_at(tmp_path), T0_NS + 4 * DAY_NS, keep_days=2)
    assert left(tmp_path) == ["day-2", "day-3", "day-4"]
