"""What a plan asks for, result by result, and how far that is."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from spymaster.config.structs import PROFILE_NAMES
from spymaster.errors import ExitCode, UserError
from spymaster.research.content import ContentIndex
from spymaster.research.day import Day, Settings, settings_of
from spymaster.research.days import days_of
from spymaster.research.item import Item, wanted_of
from spymaster.research.plan import Configuration, Plan
from spymaster.research.results import INDEX, NOTHING, Results, Wanted
from spymaster.research.steps.table import STEPS


class Task(msgspec.Struct, frozen=True):
    """One result of one day under one configuration."""

    configuration: str
    day: Day
    settings: Settings
    wanted: Wanted


class Tasks(msgspec.Struct, frozen=True):
    """All of a plan. ``notes``: what its sources hold that is not used, a line each; ``refused``: sources that cannot
    be used, and why."""

    all: tuple[Task, ...]
    days: int
    notes: tuple[str, ...]
    refused: tuple[str, ...]

    def items(self, results: Results) -> list[Item]:
        """What is not there yet, each result once: one pass of an engine for all that can share it."""
        groups: dict[tuple[str, str, bool, str], list[Task]] = {}
        seen: set[str] = set()
        for task in self.all:
            if task.wanted.key in seen or results.has(task.wanted):
                continue
            seen.add(task.wanted.key)
            shares = STEPS[task.wanted.step].watch is not None
            groups.setdefault(
                (task.day.inputs, task.configuration, shares, "" if shares else task.wanted.step), []
            ).append(task)
        return [
            Item(
                results=str(results.root),
                day=group[0].day,
                settings=group[0].settings,
                wanted=tuple(task.wanted for task in group),
            )
            for group in groups.values()
        ]


class State(enum.StrEnum):
    """How a result stands."""

    DONE = "done"
    FAILED = "failed"
    MISSING = "missing"


def tasks_of(plan: Plan, *, only_looks: bool = False) -> Tasks:
    """What a plan asks for now. ``only_looks``: the results' folder need not be there, or be writable.

    Raises UserError, and OSError where a source cannot be read or the results' folder not be used.
    """
    index = ContentIndex(plan.results / INDEX)
    found = days_of(plan, index)
    if not only_looks:
        plan.results.mkdir(parents=True, exist_ok=True)
    if plan.results.is_dir():
        with contextlib.suppress(*([OSError] if only_looks else [])):
            index.save()
    notes = list(found.notes)
    tasks: list[Task] = []
    for step in plan.steps:
        able = [day for day in found.days if day.form in STEPS[step].forms]
        if not able:
            forms = " or ".join(sorted(form.value for form in STEPS[step].forms))
            raise UserError(f"{plan.path}: steps", f"{step} is of {forms}", "leave it out", code=ExitCode.USAGE)
        if left := len(found.days) - len(able):
            notes.append(f"{step}: not of {left} of {len(found.days)} days, which are in another form")
        tasks += _of_step(plan.configurations, step, able, plan.profile)
    return Tasks(tuple(tasks), len(found.days), tuple(notes), found.refused)


def _of_step(
    configurations: Sequence[Configuration], step: str, days: Iterable[Day], profile: str | None
) -> list[Task]:
    tasks = []
    for day in days:
        for each in configurations:
            name = profile or day.profile or PROFILE_NAMES[0]
            settings = settings_of(day, each.config.profile(name), changed=name in each.changed)
            tasks.append(Task(each.name, day, settings, wanted_of(day, settings, step)))
    return tasks


def state_of(results: Results, task: Task) -> tuple[State, str]:
    """How a result stands, and why it failed, or why it is empty: of dates among others nothing may be recorded."""
    wanted = task.wanted
    if results.has(wanted):
        return State.DONE, str(results.receipt(wanted).facts.get(NOTHING, "")) if task.day.is_part else ""
    failure = results.failure(wanted)
    return (State.MISSING, "") if failure is None else (State.FAILED, failure.reason)


def report_place(results: Path, plan: Path) -> Path:
    """Where the report of a plan is kept."""
    return results / f"{plan.stem}.report.json"
