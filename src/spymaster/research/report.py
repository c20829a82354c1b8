"""How far a plan is: every result with its place or why it is not there, for people and for `compare`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from spymaster.atomic_output import write_whole
from spymaster.errors import ExitCode, UserError
from spymaster.research.plan import Plan
from spymaster.research.results import Results
from spymaster.research.tasks import State, Tasks, report_place, state_of

_SHOWN: Final = 8


class Entry(msgspec.Struct, frozen=True):
    """One result. ``day``: its source for people; ``inputs``: hash of all that was read; ``place``: its folder, below
    that of the report; ``reason``: why it failed, or is empty."""

    configuration: str
    step: str
    day: str
    run: str
    date: int
    inputs: str
    place: str
    state: State
    reason: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``computed``: results that this run made; ``simulated``: whether any day is; ``refused``: sources that cannot be
    used, and why."""

    plan: str
    simulated: bool
    days: int
    computed: int
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]
    refused: tuple[str, ...] = ()

    @property
    def counts(self) -> Counter[State]:
        """Results by how they stand."""
        return Counter(entry.state for entry in self.entries)

    @property
    def is_whole(self) -> bool:
        """Whether every source could be used, and every result is there."""
        return not self.refused and self.counts[State.DONE] == len(self.entries)


def report_of(plan: Plan, tasks: Tasks, computed: int = 0) -> Report:
    """How a plan stands now."""
    results = Results(plan.results)
    entries = []
    for task in tasks.all:
        state, reason = state_of(results, task)
        about = (task.configuration, task.wanted.step, task.day.name, task.day.run, task.day.date, task.day.inputs)
        entries.append(Entry(*about, task.wanted.place, state, reason))
    return Report(
        plan=plan.path.name,
        simulated=any(task.day.simulated for task in tasks.all),
        days=tasks.days,
        computed=computed,
        entries=tuple(entries),
        notes=tasks.notes,
        refused=tasks.refused,
    )


def write_report(plan: Plan, report: Report) -> Path:
    """Keep a report beside the results. Raises OSError."""
    place = report_place(plan.results, plan.path)
    place.parent.mkdir(parents=True, exist_ok=True)
    write_whole(place, encoded(report))
    return place


def encoded(report: Report) -> bytes:
    """As JSON for people."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def read_report(place: Path) -> Report:
    """A report that was kept. Raises UserError."""
    try:
        return msgspec.json.decode(place.read_bytes(), type=Report)
    except OSError as error:
        remedy = "run the plan first, with 'spymaster-tui research run'"
        raise UserError(place, f"cannot be read ({error.strerror})", remedy, code=ExitCode.DATA) from None
    except msgspec.MsgspecError as error:
        raise UserError(place, f"is no report of a plan ({error})", "run the plan again", code=ExitCode.DATA) from None


def report_text(report: Report) -> str:
    """For people: a line for each step and configuration, then what failed and why."""
    done, whole = report.counts[State.DONE], len(report.entries)
    lines = [
        f"{'SIMULATED: ' if report.simulated else ''}{report.plan}: {done} of {whole} results of "
        f"{report.days} day{'s' if report.days != 1 else ''}"
    ]
    groups: dict[tuple[str, str], Counter[State]] = {}
    for entry in report.entries:
        groups.setdefault((entry.step, entry.configuration), Counter())[entry.state] += 1
    width = max(len(step) for step, _ in groups)
    for (step, configuration), counts in groups.items():
        said = [f"{counts[state]} {state}" for state in State if counts[state]]
        lines.append(f"{step:<{width}}  {configuration:<20}  {', '.join(said)}")
    reasons = Counter(entry.reason for entry in report.entries if entry.state is State.FAILED)
    for reason, count in reasons.most_common(_SHOWN):
        entry = next(one for one in report.entries if one.reason == reason)
        more = f" and {count - 1} more" if count > 1 else ""
        lines.append(f"failed: {entry.step} of {_date(entry.date)} {entry.day}{more}: {reason}")
    if len(reasons) > _SHOWN:
        lines.append(f"failed: {len(reasons) - _SHOWN} other reasons, in the report")
    lines += _listed("not used", report.refused) + _listed("note", (*_empty(report), *report.notes))
    return "\n".join(lines)


def _empty(report: Report) -> list[str]:
    """Days of which a step has nothing, since nothing was recorded, a line each."""
    days = {(one.date, one.day): one.reason for one in report.entries if one.state is State.DONE and one.reason}
    return [f"{_date(date)} {day}: {reason}" for (date, day), reason in days.items()]


def _listed(mark: str, texts: Sequence[str]) -> list[str]:
    more = [f"{mark}: {len(texts) - _SHOWN} more, in the report"] if len(texts) > _SHOWN else []
    return [f"{mark}: {text}" for text in texts[:_SHOWN]] + more


def _date(number: int) -> str:
    text = str(number)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"
