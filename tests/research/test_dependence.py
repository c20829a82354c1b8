"""What a result depends on: a plan that is repeated costs nothing, a changed key what depends on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from spymaster.research.content import ContentIndex
from spymaster.research.days import days_of
from spymaster.research.plan import read_plan
from spymaster.research.results import Results
from spymaster.research.steps import table
from spymaster.research.tasks import tasks_of
from tests.research.conftest import Inline, RunPlan, WritePlan

STEPS = '"replay", "evaluate", "export"'
RECORDS = "[export]\ntables = ['records']\n"


def computed(path: Path, run: RunPlan, inline: Inline) -> list[str]:
    """The steps that had to be computed, one name a result."""
    inline.items.clear()
    assert run(path).is_whole
    return sorted(wanted.step for item in inline.items for wanted in item.wanted)


def test_a_plan_that_is_repeated_computes_and_reads_nothing(
    write_plan: WritePlan, run: RunPlan, inline: Inline, tmp_path: Path
) -> None:
    path = write_plan(RECORDS, steps=STEPS)
    assert len(computed(path, run, inline)) == 9
    assert computed(path, run, inline) == []
    index = ContentIndex(tmp_path / "results" / "content.json")
    days_of(read_plan(path), index)
    assert index.read_bytes == 0


@pytest.mark.parametrize(
    "change",
    [
        "[configurations.default.ui]\ntheme = 'light'",
        "[configurations.default.alerts]\nbell = false",
        "[configurations.default.cache]\nmax_mb = 10",
        "[configurations.default.profile.spy]\nw_barrier = 12.0",
        "[configurations.renamed]",
    ],
)
def test_a_key_of_the_screen_of_alerts_or_of_another_profile_computes_nothing(
    write_plan: WritePlan, run: RunPlan, inline: Inline, change: str
) -> None:
    computed(write_plan(RECORDS, steps=STEPS), run, inline)
    assert computed(write_plan(RECORDS + change, steps=STEPS), run, inline) == []


def test_a_key_of_physics_computes_what_the_engine_makes_and_no_records(
    write_plan: WritePlan, run: RunPlan, inline: Inline
) -> None:
    computed(write_plan(RECORDS, steps=STEPS), run, inline)
    change = "[configurations.default.profile.es]\nw_barrier = 12.0"
    assert computed(write_plan(RECORDS + change, steps=STEPS), run, inline) == ["evaluate"] * 3 + ["replay"] * 3


def test_two_configurations_share_what_does_not_depend_on_them(
    write_plan: WritePlan, run: RunPlan, inline: Inline
) -> None:
    both = "[configurations.a]\n[configurations.b.profile.es]\nw_barrier = 12.0"
    found = computed(write_plan(RECORDS + both, steps=STEPS), run, inline)
    assert [found.count(step) for step in ("export records", "replay", "evaluate")] == [3, 6, 6]


def test_a_day_that_is_added_is_the_only_one_computed(
    write_plan: WritePlan, run: RunPlan, inline: Inline, days: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    for name in ("d1", "d2"):
        shutil.copytree(days / name, own / name)
    path = write_plan(steps='"replay"', sources=f"'{own}/*'")
    assert len(computed(path, run, inline)) == 2
    shutil.copytree(days / "d3", own / "d3")
    computed(path, run, inline)
    assert [item.day.name for item in inline.items] == ["own/d3"]


def test_results_do_not_depend_on_where_the_days_lie(
    write_plan: WritePlan, run: RunPlan, inline: Inline, days: Path, tmp_path: Path
) -> None:
    computed(write_plan(), run, inline)
    shutil.copytree(days, tmp_path / "elsewhere")
    assert computed(write_plan(sources="'elsewhere/*'"), run, inline) == []


def test_the_same_day_named_twice_counts_once_and_that_is_said(
    write_plan: WritePlan, days: Path, tmp_path: Path
) -> None:
    shutil.copytree(days / "d1", tmp_path / "copy")
    found = tasks_of(read_plan(write_plan(steps='"replay"', sources=f"'{days}/d1', 'copy'")))
    assert len(found.all) == 1
    assert found.notes == (f"copy: 2026-03-17 is that of {days / 'd1'}, and counts once",)


def test_other_sources_of_the_program_compute_what_runs_them_anew(
    write_plan: WritePlan, run: RunPlan, inline: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_plan()
    computed(path, run, inline)
    code_of: Callable[[str], str] = table.code_of
    monkeypatch.setattr(
        "spymaster.research.item.code_of", lambda step: "changed" if step == "evaluate" else code_of(step)
    )
    assert computed(path, run, inline) == ["evaluate"] * 3


def test_code_is_what_a_step_runs_and_no_more() -> None:
    """A change to the judge is none to a replay, and one to the engine is none to records as they arrived."""
    from spymaster.market.kernels.sources import sources

    closure = {step: set(sources().closure(table.STEPS[step].code)) for step in table.STEPS}
    assert "evaluate/record/judge_run.py" in closure["evaluate"] - closure["replay"]
    assert "physics/engine.py" in closure["replay"] & closure["evaluate"] & closure["rebuild-gold"]
    assert "features/follower.py" in closure["dataset"] - closure["replay"] - closure["evaluate"]
    assert "research/one_pass.py" in closure["replay"] & closure["export flows"]
    assert not any(name.startswith(("cli/", "tui/", "view/")) for names in closure.values() for name in names)


def test_steps_of_one_pass_are_one_item_and_what_needs_no_engine_is_its_own(write_plan: WritePlan) -> None:
    plan = read_plan(write_plan(RECORDS, steps=STEPS))
    items = tasks_of(plan).items(Results(plan.results))
    assert sorted(tuple(wanted.step for wanted in item.wanted) for item in items) == [
        *[("export records",)] * 3,
        *[("replay", "evaluate")] * 3,
    ]


def test_dates_that_are_not_asked_for_are_left_out(write_plan: WritePlan) -> None:
    from spymaster.errors import UserError

    with pytest.raises(UserError, match="its sources hold no day"):
        tasks_of(read_plan(write_plan("first = 2026-03-18")))
