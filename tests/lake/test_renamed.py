"""Gold of every version is read under the names of today, with the numbers it was written with."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from spymaster.lake.gold.schema import GOLD_VERSION
from spymaster.lake.query import run_query
from spymaster.market.rows import LEVEL_FIELDS
from spymaster.signals.renamed import LEVEL_COLUMNS, MESSAGE_FIELDS, TAG_WORDS
from spymaster.signals.schema import signals_schema
from tests.support.corpus import CORPUS, DESCRIPTION
from tests.support.lakes import lake_at

NOTE = Path(__file__).parents[2] / "src" / "spymaster" / "docs" / "migration-4.md"
VERSIONS = sorted(path.name for path in CORPUS.glob("gold-*"))


def first_written(version: str) -> dict[str, Any]:
    """The first row of a corpus by the names it was written with."""
    tables = json.loads((CORPUS / version / DESCRIPTION).read_text(encoding="utf-8"))["tables"]
    (table,) = (table for name, table in tables.items() if "/signals/" in name)
    row: dict[str, Any] = table["first"][0]
    return row


def read(root: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_query(lake_at(root), "SELECT * FROM signals").to_pylist()
    return found


def gold_of(root: Path, *versions: str) -> Path:
    """A lake with the Gold of these corpora, each file and each run under a name of its own."""
    for version in versions:
        source, mark = CORPUS / version, version.replace("gold-", "-v")
        for file in (source / "gold").rglob("*.parquet"):
            target = root / file.relative_to(source).with_name(f"{file.stem}{mark}.parquet")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
        (manifest,) = (source / "runs").iterdir()
        run = json.loads(manifest.read_text(encoding="utf-8"))
        run["files"] = [
            file | {"path": file["path"].replace(".parquet", f"{mark}.parquet")}
            for file in run["files"]
            if file["path"].startswith("gold/")
        ]
        (root / "runs").mkdir(exist_ok=True)
        (root / "runs" / f"{manifest.stem}{mark}.json").write_text(json.dumps(run), encoding="utf-8")
    return root


@pytest.mark.parametrize("version", VERSIONS)
def test_gold_of_a_version_is_read_under_the_names_of_today(version: str, tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    written = first_written(version)
    row = read(gold_of(tmp_path, version))[0]
    for name, value in written.items():
        assert str(row[LEVEL_COLUMNS.get(name, name)]) == str(value), name
    assert not set(LEVEL_COLUMNS) & set(row)


def test_a_lake_of_several_versions_is_one_table(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    rows = read(gold_of(tmp_path, *VERSIONS))
    for new in LEVEL_COLUMNS.values():
        values = [row[new] for row in rows]
        assert (None in values) is (new == "runway_user_index"), new


def test_the_newest_version_has_none_of_the_old_names() -> None:
    assert f"gold-{GOLD_VERSION}" == VERSIONS[-1]
    assert not set(LEVEL_COLUMNS) & set(first_written(VERSIONS[-1]))
    assert set(LEVEL_COLUMNS.values()) <= set(first_written(VERSIONS[-1]))


def test_every_old_name_stood_in_the_version_before() -> None:
    assert set(LEVEL_COLUMNS) <= set(first_written("gold-3"))


def test_no_name_of_the_version_before_was_lost() -> None:
    """What was published before is published still, under its own name or the one it was given."""
    names = {field.name for field in LEVEL_FIELDS} | {"ts_event_ns", "session_date", "level_id"}
    assert {LEVEL_COLUMNS.get(name, name) for name in first_written("gold-3")} <= names


def test_messages_have_the_new_fields_and_none_of_the_old() -> None:
    schema = signals_schema()["$defs"]
    for old, new in MESSAGE_FIELDS.items():
        struct = schema["Barrier" if ".barrier." in new else "LevelSignal"]["properties"]
        assert new.rpartition(".")[2] in struct
        assert old.rpartition(".")[2] not in struct
    assert set(TAG_WORDS.values()) <= set(schema["Barrier"]["properties"]["tags"]["items"]["enum"])


def test_the_note_names_every_change() -> None:
    note = NOTE.read_text(encoding="utf-8")
    for old, new in {**LEVEL_COLUMNS, **MESSAGE_FIELDS}.items():
        assert re.search(rf"^\| `{re.escape(old)}` \| `{re.escape(new)}` \|", note, re.MULTILINE), old
    assert all(f"`{old}`" in note and f"`{new}`" in note for old, new in TAG_WORDS.items())
