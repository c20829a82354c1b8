"""A piece of work as it is handed out: a day under a configuration, and the results that are wanted of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from spymaster.feeds.errors import NothingOnDateError
from spymaster.research.content import digest_of
from spymaster.research.day import Day, Settings, without_place
from spymaster.research.one_pass import Fault, Tell, fault_of, lived
from spymaster.research.results import NOTHING, Failure, Receipt, Results, Wanted, files_in
from spymaster.research.steps.step import Made
from spymaster.research.steps.table import STEPS, code_of

MOST_BEGINNINGS: Final = 10
"""A day whose workers die on it is given up after so many."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """``results``: the folder they are kept in; ``wanted``: those of one pass, or one that needs no engine."""

    results: str
    day: Day
    settings: Settings
    wanted: tuple[Wanted, ...]

    @property
    def key(self) -> str:
        """Tells it from all others."""
        return digest_of([one.key for one in self.wanted])

    @property
    def words(self) -> str:
        """It in words."""
        date = str(self.day.date)
        return f"{date[:4]}-{date[4:6]}-{date[6:]} {self.day.name}"


def wanted_of(day: Day, settings: Settings, step: str) -> Wanted:
    """The result of a step, under a hash of its inputs, of what it depends on of the configuration, and of code."""
    depends = settings.depends if STEPS[step].is_configured else None
    return Wanted(step, day.date, digest_of(step, day.inputs, depends, code_of(step)))


def work_on(item: Item, tell: Tell = lambda share: None) -> None:
    """Have every result of an item in its place, or its failure written down.

    This is the boundary at which the fault of a day stays with that day. Raises OSError where not even a failure can be
    written down.
    """
    results = Results(Path(item.results))
    left = {one.step: one for one in item.wanted if not results.has(one)}
    folders = {name: results.new_folder() for name in left}
    try:
        for name, made in _made(item, left, folders, tell).items():
            if isinstance(made, Made):
                try:
                    results.keep(folders[name], left[name], _receipt(item, left[name], folders[name], made))
                except OSError as error:
                    made = fault_of(error)
            if isinstance(made, Fault):
                fail(item, left[name], made)
    finally:
        for folder in folders.values():
            results.discard(folder)


def fail(item: Item, wanted: Wanted, fault: Fault) -> None:
    """Write a failure down. Raises OSError where the disk refuses."""
    failure = Failure(wanted.step, wanted.date, item.day.name, fault.reason, fault.trace)
    Results(Path(item.results)).fail(wanted, failure)


def give_up(item: Item, beginnings: int) -> None:
    """Write down that nobody could finish it."""
    why = f"begun {beginnings} times, and each time its worker died or was killed; see whether the memory is enough"
    results = Results(Path(item.results))
    for one in item.wanted:
        if not results.has(one):
            fail(item, one, Fault(why))


def _made(item: Item, left: dict[str, Wanted], folders: dict[str, Path], tell: Tell) -> dict[str, Made | Fault]:
    watching = {name: STEPS[name] for name in left if STEPS[name].watch is not None}
    found: dict[str, Made | Fault] = {}
    for name in left.keys() - watching.keys():
        work = STEPS[name].work
        assert work is not None
        try:
            found[name] = work(item.day, item.settings, folders[name])
        except NothingOnDateError as error:
            found[name] = nothing_there(item.day, error)
        except Exception as error:
            found[name] = fault_of(error)
    if watching:
        try:
            found |= lived(item.day, item.settings, watching, folders, tell)
        except NothingOnDateError as error:
            found |= dict.fromkeys(watching, nothing_there(item.day, error))
        except Exception as error:
            found |= dict.fromkeys(watching, fault_of(error))
    return found


def nothing_there(day: Day, error: NothingOnDateError) -> Made:
    """The result of a date on which the contract was not recorded: no file, and why."""
    return Made({}, {NOTHING: without_place(error.problem, day)})


def _receipt(item: Item, wanted: Wanted, folder: Path, made: Made) -> Receipt:
    depends: Any = item.settings.depends if STEPS[wanted.step].is_configured else None
    return Receipt(
        step=wanted.step,
        date=wanted.date,
        key=wanted.key,
        simulated=item.day.simulated,
        inputs=item.day.inputs,
        settings=depends,
        code=code_of(wanted.step),
        files=files_in(folder, dict(made.rows)),
        facts=made.facts,
    )
