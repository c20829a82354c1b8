"""Workers in processes: the same bytes whoever computes, and a day whose worker dies is another's."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from spymaster.errors import UserError
from spymaster.research import one_pass
from spymaster.research.day import Day, Settings, open_day
from spymaster.research.item import Item
from spymaster.research.local_pool import LocalPool, Watching, serve_line
from spymaster.research.plan import read_plan
from spymaster.research.results import Results
from spymaster.research.tasks import State
from spymaster.session.sources.recorded import RecordedSource
from tests.research.conftest import RunPlan, WritePlan, tree

MARK = "SPYMASTER_TEST_MARK"
"""Names a folder in which a worker that kills itself leaves a file first."""


def dies_once_with_its_results_written(line: Connection) -> None:
    """A worker that is killed when its first result is written and not yet in its place, once for each day."""
    keep = Results.keep

    def killed(self: Results, folder: Path, wanted: Any, receipt: Any) -> None:
        mark = Path(os.environ[MARK]) / wanted.key
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        keep(self, folder, wanted, receipt)

    Results.keep = killed  # type: ignore[method-assign]
    serve_line(line)


def dies_on_one_day(line: Connection) -> None:
    """A worker that one day kills whenever it is begun."""

    def killed(day: Day, settings: Settings) -> RecordedSource:
        if day.name.endswith("d2"):
            os.kill(os.getpid(), signal.SIGKILL)
        return open_day(day, settings)

    setattr(one_pass, "open_day", killed)  # noqa: B010
    serve_line(line)


def never_begins(line: Connection) -> None:
    """A worker that ends before it is ready."""
    os._exit(7)


@pytest.fixture
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "marks"
    folder.mkdir()
    monkeypatch.setenv(MARK, str(folder))
    return folder


def test_processes_give_the_bytes_of_one_even_if_each_is_killed(
    write_plan: WritePlan, run: RunPlan, marks: Path
) -> None:
    alone = write_plan("results = 'alone'", name="alone")
    run(alone)
    notes: list[str] = []
    killed = write_plan("results = 'killed'", name="killed")
    report = run(killed, LocalPool(2, dies_once_with_its_results_written), notes)
    assert report.is_whole
    assert tree(read_plan(killed).results) == tree(read_plan(alone).results)
    assert len(list(marks.iterdir())) == len(notes) == 6
    assert all("a worker ended with -9; another begins it again" in note for note in notes)


def test_what_killed_workers_left_half_written_is_gone_in_the_end(
    write_plan: WritePlan, run: RunPlan, marks: Path
) -> None:
    path = write_plan(steps='"replay"')
    run(path, LocalPool(1, dies_once_with_its_results_written))
    assert not list((read_plan(path).results / "partial").iterdir())


def test_a_day_on_which_every_worker_dies_is_given_up_and_the_others_go_on(write_plan: WritePlan, run: RunPlan) -> None:
    report = run(write_plan(steps='"replay"'), LocalPool(1, dies_on_one_day, most_beginnings=2))
    assert [entry.state for entry in report.entries] == [State.DONE, State.FAILED, State.DONE]
    assert report.entries[1].reason.startswith("begun 2 times, and each time its worker died")


def test_workers_that_cannot_begin_are_an_error_and_no_endless_loop(write_plan: WritePlan, run: RunPlan) -> None:
    with pytest.raises(UserError, match="a worker ended with 7 before it began"):
        run(write_plan(steps='"replay"'), LocalPool(1, never_begins))


def test_shares_of_a_day_are_told_on_the_way(write_plan: WritePlan) -> None:
    from spymaster.research.tasks import tasks_of

    class Shares(Watching):
        def __init__(self) -> None:
            self.shares: list[float] = []
            self.cpu_s = 0.0

        def on_share(self, item: Item, share: float) -> None:
            self.shares.append(share)

        def on_done(self, item: Item, cpu_s: float) -> None:
            self.cpu_s += cpu_s

    plan = read_plan(write_plan(steps='"replay"'))
    told = Shares()
    LocalPool(1).run(tasks_of(plan).items(Results(plan.results))[:1], told)
    assert len(told.shares) > 1
    assert told.shares == sorted(told.shares)
    assert abs(told.shares[-1] - 1.0) < 0.05
    assert told.cpu_s > 0.0
