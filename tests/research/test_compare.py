"""Two configurations over the same days: figures of both and their difference, with intervals by day."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from spymaster.errors import UserError
from spymaster.evaluate.record.day_record import HORIZONS_S, DayRecord, Markout, TestCounts
from spymaster.evaluate.signal_outcomes import DISTANCES, VOLATILITIES, AlertRecord, BaseCounts
from spymaster.evaluate.worlds.world_record import ENGINE
from spymaster.research.compare import Compared, Comparison, Pair, compared, comparison, comparison_text
from spymaster.research.plan import read_plan
from spymaster.research.report import Entry, Report, encoded
from spymaster.research.steps.judged import JudgedDay, read_judged, write_judged
from spymaster.research.tasks import State
from tests.research.conftest import RunPlan, WritePlan

NOTHING = [[0] * DISTANCES for _ in range(VOLATILITIES)]


def alert(signal: str, right: bool | None) -> AlertRecord:
    return AlertRecord(signal, "", 1, 2, right, right is None, 12.5 if right is not None else None)


def day(
    date: int = 20260317,
    *,
    breaks: int = 0,
    right: int = 0,
    wrong: int = 0,
    held: int = 0,
    broke: int = 0,
    points: float = 0.0,
    marks: int = 0,
) -> JudgedDay:
    """A judged day of which only what is given happened."""
    record = DayRecord(
        session_date=date,
        begin_ns=1,
        end_ns=2,
        hours=1.0,
        left_out_s=0.0,
        simulated=True,
        alerts={ENGINE: [alert("BREAK", True)] * right + [alert("BREAK", False)] * wrong},
        base=BaseCounts(NOTHING, NOTHING),
        tests={"ROUND": TestCounts(broke=broke, held=held)} if held + broke else {},
        placebo=TestCounts(broke=1, held=1),
        markouts={"BREAK": [Markout(marks, points, 0.0)] * len(HORIZONS_S)} if marks else {},
    )
    return JudgedDay(record, breaks, 0)


def row(found: Comparison, name: str) -> Compared:
    (one,) = [one for one in (*found.signals, *found.tests, *found.markouts) if one.name == name]
    return one


def pairs(*both: tuple[JudgedDay, JudgedDay]) -> list[Pair]:
    return [Pair((a,), (b,)) for a, b in both]


def test_signals_a_day_count_days_without_any() -> None:
    found = comparison("a", "b", pairs((day(breaks=3), day(breaks=1)), (day(), day(breaks=1)), (day(), day(breaks=1))))
    one = row(found, "BREAK a day")
    assert (one.a.value, one.b.value, one.difference.value) == (1.0, 1.0, 0.0)
    assert (one.b.low, one.b.high) == (1.0, 1.0)
    assert one.a.low is not None
    assert one.a.low < 1.0


def test_shares_are_of_sums_and_not_means_of_shares() -> None:
    found = comparison("a", "b", pairs((day(held=9, broke=1), day(held=1)), (day(broke=10), day(held=1, broke=2))))
    one = row(found, "ROUND held")
    assert one.a.value == pytest.approx(9 / 20)
    assert one.b.value == pytest.approx(2 / 4)
    assert one.difference.value == pytest.approx(2 / 4 - 9 / 20)
    assert (one.a.of, one.b.of) == (20, 4)


def test_what_days_have_in_common_does_not_widen_the_difference() -> None:
    """Days differ much, and B raises one signal more on each: the interval of the difference is that one signal."""
    both = pairs(*((day(breaks=count), day(breaks=count + 1)) for count in (0, 10, 20, 5)))
    one = row(comparison("a", "b", both), "BREAK a day")
    assert one.a.low is not None
    assert one.a.high is not None
    assert one.a.high - one.a.low > 5
    assert (one.difference.low, one.difference.value, one.difference.high) == (1.0, 1.0, 1.0)


def test_rightness_and_markouts_are_of_what_was_judged() -> None:
    a, b = day(right=1, wrong=3, points=4.0, marks=2), day(right=2, wrong=2, points=1.0, marks=1)
    found = comparison("a", "b", pairs((a, b)))
    right, after = row(found, "BREAK right"), row(found, "BREAK after 30 s")
    assert (right.a.value, right.b.value, right.difference.value) == (0.25, 0.5, 0.25)
    assert (after.a.value, after.b.value, after.difference.value) == (2.0, 1.0, -1.0)


def test_without_days_to_draw_there_is_no_interval_and_that_is_said() -> None:
    found = comparison("a", "b", pairs((day(breaks=1), day(breaks=2))))
    assert row(found, "BREAK a day").difference.low is None
    assert "no intervals: days are drawn anew for them, and 3 are the fewest" in comparison_text(found)


def test_a_figure_that_neither_has_is_left_out_of_the_text() -> None:
    text = comparison_text(comparison("plan:a", "plan:b", pairs((day(breaks=1), day(breaks=2))), only=(0, 2)))
    assert text.startswith("SIMULATED: 1 day of both; A plan:a, B plan:b\n2 days that only B has, left out\n")
    assert "BREAK a day" in text
    assert "+1.00" in text
    assert "sweep" not in text


def test_judged_days_come_back_as_they_were_written(tmp_path: Path) -> None:
    two = [day(20260317, breaks=2, right=1, wrong=1, held=3, broke=2, points=1.25, marks=3), day(20260318)]
    write_judged(tmp_path, two)
    assert read_judged(tmp_path) == two


def test_a_plan_is_compared_with_its_other_configuration(write_plan: WritePlan, run: RunPlan) -> None:
    path = write_plan("[configurations.a]\n[configurations.b.profile.es]\nthreshold_reject = 1.0\nexit_reject = 2.0")
    run(path)
    found = compared(f"{path}:a", f"{path}:b")
    assert (found.days, found.simulated, found.only_a, found.only_b) == (3, True, 0, 0)
    rejects = row(found, "REJECT a day")
    assert rejects.a.value == pytest.approx(1 / 3, abs=1e-6)
    assert rejects.b.value == 0.0
    assert msgspec.json.decode(msgspec.json.encode(found))["signals"][1]["name"] == "REJECT a day"


def test_a_copy_of_a_report_is_compared_as_long_as_its_results_are_there(
    write_plan: WritePlan, run: RunPlan, days: Path
) -> None:
    path = write_plan(sources=f"'{days}/d1'")
    run(path)
    results = read_plan(path).results
    copy = results / "before.json"
    copy.write_bytes((results / "plan.report.json").read_bytes())
    found = compared(str(copy), str(path))
    assert row(found, "REJECT a day").difference.value == 0.0


@pytest.mark.parametrize(
    ("a", "said"),
    [
        ("{plan}", "has 2 configurations; put one behind it"),
        ("{plan}:c", "there is no evaluate of a configuration c; name one of a, b"),
        ("{plan}.txt:a", "cannot be read"),
        ("{odd}", "is no report of a plan"),
    ],
)
def test_what_cannot_be_compared_is_said(
    write_plan: WritePlan, run: RunPlan, tmp_path: Path, a: str, said: str
) -> None:
    path = write_plan("[configurations.a]\n[configurations.b]", steps='"evaluate"')
    run(path)
    odd = tmp_path / "odd.json"
    odd.write_text("[]")
    with pytest.raises(UserError, match=said):
        compared(a.format(plan=path, odd=odd), f"{path}:a")


def test_other_days_are_not_compared(write_plan: WritePlan, run: RunPlan, days: Path) -> None:
    one, other = (write_plan(sources=f"'{days}/{name}'", name=name) for name in ("d1", "d2"))
    run(one)
    run(other)
    with pytest.raises(UserError, match="have no day in common"):
        compared(str(one), str(other))


def test_a_plan_without_the_judge_cannot_be_compared(write_plan: WritePlan, run: RunPlan) -> None:
    path = write_plan(steps='"replay"')
    run(path)
    with pytest.raises(UserError, match="its steps are without evaluate"):
        compared(str(path), str(path))


def test_several_runs_of_one_day_are_one_day(tmp_path: Path) -> None:
    """A session that was started anew left two runs in its lake: days are drawn, and runs are not."""
    entries = []
    for number, (source, breaks) in enumerate([("lake", 2), ("lake", 1), ("other", 4)]):
        place = f"evaluate/{number}"
        (tmp_path / place).mkdir(parents=True)
        write_judged(tmp_path / place, [day(breaks=breaks)])
        entries.append(Entry("a", "evaluate", source, f"run{number}", 20260317, f"i{number}", place, State.DONE))
    report = Report(plan="p", simulated=True, days=3, computed=3, entries=tuple(entries), notes=())
    kept = tmp_path / "p.report.json"
    kept.write_bytes(encoded(report))
    found = compared(str(kept), str(kept))
    assert found.days == 2
    assert row(found, "BREAK a day").a.value == pytest.approx(7 / 2)
