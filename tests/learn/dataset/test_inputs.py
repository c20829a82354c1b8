"""What a source is to a build: how many runs, what they are called, and what is no run of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.config.loader import load_config
from spymaster.errors import UserError
from spymaster.learn.dataset.build import SetBuild
from spymaster.learn.dataset.inputs import open_run, runs_of, source_name
from spymaster.learn.dataset.run_build import NO_CONTRACT, RunRecord
from spymaster.session.sources.replay_source import ReplayPlan
from tests.support.market import START_NS
from tests.support.small_files import busy_words, depth_file, of_contract

DAY_NS = 86_400 * 10**9


def plan_of(*sources: Path) -> ReplayPlan:
    return ReplayPlan(sources, load_config().profile("es"), None)


@pytest.fixture
def two_days(tmp_path: Path) -> Path:
    """A folder with depth of two trade dates."""
    for name, start_ns in (("one", START_NS), ("two", START_NS + 3 * DAY_NS)):
        depth_file(tmp_path / f"{name}.mbp-10.dbn", busy_words(60, start_ns=start_ns))
    return tmp_path


def test_files_of_several_trade_dates_are_a_run_each(two_days: Path) -> None:
    found = list(runs_of("days", plan_of(two_days), simulated=False))
    dates = [one.plan.date for one in found]
    assert len(dates) == 2
    assert None not in dates
    assert {one.is_one_of_many for one in found} == {True}
    assert len({open_run(one)[1] for one in found}) == 2


def test_a_file_of_one_trade_date_is_one_run(tmp_path: Path) -> None:
    file = depth_file(tmp_path / "one.mbp-10.dbn", busy_words(60))
    (found,) = runs_of("one", plan_of(file), simulated=False)
    assert (found.plan.date, found.is_one_of_many) == (None, False)


def built(folder: Path, sources: Path) -> list[RunRecord]:
    with SetBuild(folder) as build:
        return list(build.runs(list(runs_of("days", plan_of(sources), simulated=False)), 1))


def test_a_trade_date_of_another_contract_is_counted_and_said(two_days: Path, tmp_path: Path) -> None:
    (two_days / "two.mbp-10.dbn").unlink()
    other = of_contract(busy_words(60, start_ns=START_NS + 3 * DAY_NS), 99)
    depth_file(two_days / "two.mbp-10.dbn", other, symbol_map={99: "CLX5"})
    first, second = built(tmp_path / "set", two_days)
    assert NO_CONTRACT not in first.excluded
    assert second.excluded == {NO_CONTRACT: 1}
    assert "no ES contract with depth or trades in it" in second.problems[0]


def test_a_source_of_another_contract_alone_is_refused(tmp_path: Path) -> None:
    file = depth_file(tmp_path / "one.mbp-10.dbn", of_contract(busy_words(60), 99), symbol_map={99: "CLX5"})
    with pytest.raises(UserError, match="no ES contract with depth or trades in it"):
        built(tmp_path / "set", file)


def test_where_nothing_came_of_it_nothing_is_left(tmp_path: Path) -> None:
    file = depth_file(tmp_path / "one.mbp-10.dbn", busy_words(60))
    with SetBuild(tmp_path / "set") as build:
        records = list(build.runs(list(runs_of("one", plan_of(file), simulated=False)), 1))
        with pytest.raises(UserError, match="nothing came of it"):
            build.finish(records)
    assert not (tmp_path / "set").exists()


def test_other_content_is_another_source_and_another_place_is_not(tmp_path: Path) -> None:
    hashes = set()
    for name, seed in (("a", 5), ("b", 6), ("c", 5)):
        place = tmp_path / name
        place.mkdir()
        file = depth_file(place / "one.mbp-10.dbn", busy_words(60, seed=seed))
        (request,) = runs_of("one", plan_of(file), simulated=False)
        hashes.add(open_run(request)[1])
    assert len(hashes) == 2


def test_a_name_has_letters_digits_and_points_alone() -> None:
    assert source_name("Fri 5/1: my run", "0123456789abcdef") == "Fri-5-1-my-run-01234567"
    assert source_name("...", "0123456789abcdef") == "run-01234567"
