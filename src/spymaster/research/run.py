"""Running a plan: what is missing is handed to a pool, and what came of it is reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from spymaster.interrupts import held
from spymaster.research.item import Item
from spymaster.research.local_pool import Watching
from spymaster.research.plan import Plan
from spymaster.research.report import Report, report_of, write_report
from spymaster.research.results import Results
from spymaster.research.tasks import Tasks, tasks_of


class Pool(Protocol):
    """Whoever does the work."""

    def run(self, items: Sequence[Item], watching: Watching) -> None:
        """Have every result of every item in its place, or its failure written down."""
        ...


Show = Callable[[float, str], None]
"""Shows how far a run is: the share done, and words."""


def run_plan(plan: Plan, pool: Pool, show: Show, note: Callable[[str], None], before: Callable[[], None]) -> Report:
    """Compute what is missing of a plan and keep the report, also where it is interrupted.

    ``before``: called once there is something to compute. Raises UserError, and OSError where the disk refuses.
    """
    tasks = tasks_of(plan)
    results = Results(plan.results)
    results.clean()
    items = tasks.items(results)
    if items:
        before()
    for item in items:
        for wanted in item.wanted:
            results.forgive(wanted)
    watching = _Showing(items, show, note)
    try:
        if items:
            pool.run(items, watching)
    finally:
        with held():
            report = _kept(plan, tasks, items, results)
    return report


def _kept(plan: Plan, tasks: Tasks, items: Sequence[Item], results: Results) -> Report:
    results.clean()
    made = {wanted.key for item in items for wanted in item.wanted if results.has(wanted)}
    report = report_of(plan, tasks, sum(task.wanted.key in made for task in tasks.all))
    write_report(plan, report)
    return report


class _Showing(Watching):
    """Adds up shares of items to one of all."""

    def __init__(self, items: Sequence[Item], show: Show, note: Callable[[str], None]) -> None:
        self._count = len(items)
        self._show, self._note = show, note
        self._shares: dict[str, float] = {}
        self._done: set[str] = set()
        self._cpu_s = 0.0

    def on_share(self, item: Item, share: float) -> None:
        """So much of an item is done."""
        self._shares[item.key] = min(max(share, 0.0), 1.0)
        self._tell()

    def on_done(self, item: Item, cpu_s: float) -> None:
        """An item is done."""
        self._shares[item.key] = 1.0
        self._done.add(item.key)
        self._cpu_s += cpu_s
        self._tell()

    def on_problem(self, line: str) -> None:
        """Something is to be known."""
        self._note(line)

    def _tell(self) -> None:
        self._show(sum(self._shares.values()) / self._count, f"{len(self._done)} of {self._count} passes over days")
