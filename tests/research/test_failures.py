"""What goes wrong with a day stays with that day, and is said with its reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spymaster.research.plan import read_plan
from spymaster.research.report import report_text
from spymaster.research.results import Results
from spymaster.research.tasks import State
from tests.research.conftest import Inline, RunPlan, WritePlan, tree


@pytest.fixture
def own(days: Path, tmp_path: Path) -> Path:
    """The days, to be damaged."""
    shutil.copytree(days, tmp_path / "own")
    return tmp_path / "own"


def test_a_day_that_cannot_be_read_is_counted_and_the_others_go_on(
    write_plan: WritePlan, run: RunPlan, inline: Inline, own: Path
) -> None:
    (depth,) = (own / "d2").glob("*mbp-10*")
    good = depth.read_bytes()
    path = write_plan(steps='"replay"', sources="'own/*'")

    def vanish(day: str) -> None:
        if day == "own/d2":
            depth.unlink()

    inline.before = vanish
    report = run(path)
    assert [entry.state for entry in report.entries] == [State.DONE, State.FAILED, State.DONE]
    assert depth.name in report.entries[1].reason
    assert f"failed: replay of 2026-03-17 own/d2: {report.entries[1].reason}" in report_text(report)

    inline.before = lambda day: None
    depth.write_bytes(good)
    again = run(path)
    assert again.is_whole
    assert again.computed == 1


def test_a_step_that_fails_leaves_the_others_of_its_pass_alone(write_plan: WritePlan, run: RunPlan) -> None:
    report = run(write_plan("[configurations.slow.profile.es]\nsnap_ms = 100"))
    states = {(entry.step, entry.state) for entry in report.entries}
    assert states == {("replay", State.DONE), ("evaluate", State.FAILED)}
    reason = {entry.reason for entry in report.entries if entry.state is State.FAILED}.pop()
    assert "has snaps of another interval than a quarter of a second" in reason


def test_a_fault_of_the_programs_own_fails_its_step_with_the_trace_kept(
    write_plan: WritePlan, run: RunPlan, monkeypatch: pytest.MonkeyPatch, days: Path
) -> None:
    def broken(self: object, block: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr("spymaster.research.steps.evaluate.JudgeWatcher.on_block", broken)
    path = write_plan(sources=f"'{days}/d1'")
    report = run(path)
    assert [entry.state for entry in report.entries] == [State.DONE, State.FAILED]
    assert report.entries[1].reason == "ZeroDivisionError: of ours"
    (kept,) = (read_plan(path).results / "failures").iterdir()
    assert "in broken" in kept.read_text()


def test_a_failed_pass_leaves_nothing_half_written(
    write_plan: WritePlan, run: RunPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, engine: object) -> None:
        raise RuntimeError("at the end")

    monkeypatch.setattr("spymaster.session.headless.Engine.finish", broken)
    path = write_plan()
    assert run(path).counts[State.FAILED] == 6
    results = read_plan(path).results
    assert not list((results / "partial").iterdir())
    assert {name.split("/")[0] for name in tree(results)} == {"failures"}


def test_an_interrupted_run_keeps_its_report_and_goes_on(write_plan: WritePlan, run: RunPlan, inline: Inline) -> None:
    path = write_plan(steps='"replay"')

    def stop(day: str) -> None:
        if len(inline.items) == 2:
            raise KeyboardInterrupt

    inline.before = stop
    with pytest.raises(KeyboardInterrupt):
        run(path)
    plan = read_plan(path)
    kept = (plan.results / "plan.report.json").read_text()
    assert kept.count('"done"') == 1
    inline.before = lambda day: None
    assert run(path).computed == 2


def test_a_disk_that_takes_not_even_the_failure_is_the_workers_own_trouble(
    write_plan: WritePlan, run: RunPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Results, *_: object) -> None:
        raise OSError(28, "No space left on device", "/full")

    monkeypatch.setattr(Results, "keep", full)
    monkeypatch.setattr(Results, "fail", full)
    with pytest.raises(OSError, match="No space left"):
        run(write_plan())
