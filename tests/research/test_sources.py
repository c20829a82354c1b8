"""Which days a source holds: lakes by their runs, journals by their session, a vendor's folder by its dates."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from spymaster.config.loader import load_config
from spymaster.errors import UserError
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.writer import JournalWriter
from spymaster.lake.gold.rebuild import rebuild_gold
from spymaster.lake.storage.files import LocalStorage
from spymaster.market.manifest import RunStatus
from spymaster.physics.engine import Engine
from spymaster.research.compare import compared
from spymaster.research.content import ContentIndex
from spymaster.research.days import Found, days_of
from spymaster.research.plan import read_plan
from spymaster.research.report import Entry, Report, report_text
from spymaster.research.results import Results, Wanted
from spymaster.session.headless import RunTotals, drive
from spymaster.session.sources.forms import Form, interval_ns_of
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from tests.research.conftest import Inline, RunPlan, WritePlan
from tests.support.dbn import dbn_file, definition
from tests.support.journals import read_journal
from tests.support.lakes import RUN, lake_at, record
from tests.support.market import SECOND, START_NS
from tests.support.small_files import busy_words, depth_file

DAY_NS = 86_400 * SECOND
FIRST = 20240105
"""The trade date that the small files begin on."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run with a journal and a lake of a small file, and its signal hash."""
    folder = tmp_path_factory.mktemp("played")
    file = depth_file(folder / "small.mbp-10.dbn.zst", busy_words())
    source = ReplaySource(ReplayPlan((file,), load_config().profile("es")))
    writer = JournalWriter(folder / "run" / "journal", "test", clock_ns=source.begins_ns)
    totals = RunTotals(interval_ns_of(source.config_frame()))
    drive(source, Engine(), [totals], tap=JournalInlet(writer))
    writer.close()
    record(folder / "lake", read_journal(folder / "run" / "journal"))
    lake = LocalStorage(folder / "lake")
    rebuild_gold(lake, lake_at(folder / "lake").run(), lake)
    other = msgspec.structs.replace(RUN, id="20240106-143000")
    record(folder / "lake", read_journal(folder / "run" / "journal"), other, status=None)
    return folder, totals.hash.hexdigest()


def changed_at(lake: Path) -> dict[Path, int]:
    """When each file was written last, but for those that a recording has not finished."""
    return {file: file.stat().st_mtime_ns for file in lake.rglob("*.*") if file.suffix != ".partial"}


def found_by(path: Path) -> Found:
    plan = read_plan(path)
    return days_of(plan, ContentIndex(plan.results / "content.json"))


def facts(path: Path, entry: Entry) -> dict[str, object]:
    wanted = Wanted(entry.step, entry.date, entry.place.rsplit("/", 1)[1])
    return Results(read_plan(path).results).receipt(wanted).facts


def of_step(report: Report, step: str) -> Entry:
    (entry,) = [entry for entry in report.entries if entry.step == step]
    return entry


@pytest.mark.parametrize(("name", "form"), [("lake", Form.LAKE), ("run", Form.JOURNAL)])
def test_a_run_is_a_day_and_replays_as_it_was_lived(
    write_plan: WritePlan, run: RunPlan, played: tuple[Path, str], name: str, form: Form
) -> None:
    folder, lived = played
    path = write_plan("[export]\ntables = ['records']", steps='"replay", "export"', sources=f"'{folder}/{name}'")
    (day,) = found_by(path).days
    assert (day.form, day.date) == (form, FIRST)
    report = run(path)
    assert report.is_whole, report.entries
    assert facts(path, of_step(report, "replay"))["signal_hash"] == lived
    records = read_plan(path).results / of_step(report, "export records").place / "mbp10.parquet"
    assert pq.read_metadata(records).num_rows == len(busy_words())


def test_another_configuration_of_a_run_is_computed_and_its_own_kept_apart(
    write_plan: WritePlan, run: RunPlan, played: tuple[Path, str]
) -> None:
    folder, lived = played
    text = "[configurations.own.alerts]\nbell = false\n[configurations.other.profile.es]\nw_barrier = 12.0"
    path = write_plan(text, steps='"replay"', sources=f"'{folder}/lake'")
    hashes = {entry.configuration: facts(path, entry)["signal_hash"] for entry in run(path).entries}
    assert hashes["own"] == lived
    assert hashes["other"] != lived


def test_gold_computed_anew_is_what_was_recorded_and_under_another_configuration_it_is_not(
    write_plan: WritePlan, run: RunPlan, played: tuple[Path, str]
) -> None:
    folder, _ = played
    text = "[configurations.own]\n[configurations.other.profile.es]\nw_barrier = 12.0"
    path = write_plan(text, steps='"rebuild-gold"', sources=f"'{folder}/lake'")
    before = changed_at(folder / "lake")
    own, other = sorted(run(path).entries, key=lambda entry: entry.configuration == "other")
    assert facts(path, own)["changed"] == []
    assert facts(path, other)["changed"] != []
    results = read_plan(path).results
    for file in (results / own.place).rglob("*.parquet"):
        theirs = folder / "lake" / file.relative_to(results / own.place)
        assert file.read_bytes() == theirs.read_bytes()
    assert changed_at(folder / "lake") == before


def test_a_run_that_is_being_recorded_is_left_out_and_said(
    write_plan: WritePlan, played: tuple[Path, str], tmp_path: Path
) -> None:
    folder, _ = played
    shutil.copytree(folder / "lake", tmp_path / "lake")
    (manifest,) = (tmp_path / "lake" / "runs").glob("20240105*.json")
    manifest.write_text(manifest.read_text().replace(f'"{RunStatus.SEALED}"', f'"{RunStatus.OPEN}"'))
    path = write_plan(sources="'lake'")
    with pytest.raises(UserError, match=r"hold no day \(.*run 20240105-143000 is still being recorded\)"):
        found_by(path)


def test_a_step_that_is_not_of_every_form_is_of_the_days_it_can_be_of(
    write_plan: WritePlan, run: RunPlan, played: tuple[Path, str], days: Path
) -> None:
    path = write_plan(steps='"rebuild-gold"', sources=f"'{played[0]}/lake', '{days}/d1'")
    report = run(path)
    assert len(report.entries) == 1
    assert report.notes[-1:] == ("rebuild-gold: not of 1 of 2 days, which are in another form",)


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    """A vendor's folder: three dates, a file each, and definitions of each."""
    folder = tmp_path / "vendor"
    folder.mkdir()
    for n in range(3):
        add_date(folder, n)
    return folder


def add_date(folder: Path, n: int, *, until_s: int = 60) -> None:
    """Files of the n-th date of the week from Tuesday on, which say that they go on for so long."""
    start_ns = START_NS - (3 - n) * DAY_NS
    words = busy_words(80, seed=n, start_ns=start_ns)
    depth_file(folder / f"{n}.mbp-10.dbn.zst", words, start_ns=start_ns, end_ns=start_ns + until_s * SECOND)
    rows = definition("ESH4", 17077, ts_event=start_ns, ts_recv=start_ns)
    dbn_file(folder / f"{n}.definition.dbn.zst", "definition", rows, start_ns=start_ns, end_ns=start_ns + SECOND)


def test_each_date_of_a_folder_is_a_day_cut_out_of_it(write_plan: WritePlan, run: RunPlan, vendor: Path) -> None:
    path = write_plan(steps='"replay"', sources="'vendor'")
    found = found_by(path).days
    assert [day.date for day in found] == [20240102, 20240103, 20240104]
    assert all(day.is_part for day in found)
    report = run(path)
    assert report.is_whole, report.entries
    of_files = [len(busy_words(80, seed=n)) for n in range(3)]
    assert [facts(path, entry)["records"] for entry in report.entries] == of_files


def test_a_date_that_is_added_changes_no_day_before_it(write_plan: WritePlan, vendor: Path) -> None:
    path = write_plan(sources="'vendor'")
    before = found_by(path).days
    add_date(vendor, 3)
    after = found_by(path).days
    assert after[:3] == before
    assert len(after) == 4


def test_bars_beside_the_records_are_part_of_every_day(write_plan: WritePlan, days: Path, tmp_path: Path) -> None:
    bars = tmp_path / "bars.csv"
    bars.write_text("ts,open,high,low,close,volume\n")
    alone, warmed = (found_by(write_plan(more, name="p")).days for more in ("", "warmup = ['bars.csv']"))
    assert {day.inputs for day in alone}.isdisjoint(day.inputs for day in warmed)
    assert warmed[0].warmup == (str(bars),)


def test_a_date_on_which_nothing_was_recorded_is_an_empty_result_and_said(
    write_plan: WritePlan, run: RunPlan, inline: Inline, vendor: Path
) -> None:
    """The last file says that it goes on into the next evening, and holds no record of it."""
    add_date(vendor, 2, until_s=23 * 3600)
    path = write_plan("[export]\ntables = ['records']", steps='"replay", "evaluate", "export"', sources="'vendor'")
    report = run(path)
    assert report.is_whole, report.entries
    empty = [entry for entry in report.entries if entry.date == 20240105 and entry.reason]
    assert {entry.step for entry in empty} == {"replay", "evaluate"}
    assert {entry.reason for entry in empty} == {"no record of ESH4 on 2024-01-05"}
    assert "note: 2024-01-05 vendor: no record of ESH4 on 2024-01-05" in report_text(report)
    assert not [entry for entry in report.entries if entry.date != 20240105 and entry.reason]
    inline.items.clear()
    run(path)
    assert not inline.items
    assert compared(str(path), str(path)).days == 3


def test_a_source_that_cannot_be_used_is_said_and_the_others_go_on(
    write_plan: WritePlan, run: RunPlan, days: Path, tmp_path: Path
) -> None:
    (tmp_path / "odd").mkdir()
    report = run(write_plan(steps='"replay"', sources=f"'odd', '{days}/d1'"))
    assert len(report.entries) == 1
    assert not report.is_whole
    (line,) = report.refused
    assert f"not used: {line}" in report_text(report)
    assert "no .dbn or .dbn.zst files in this folder" in line
