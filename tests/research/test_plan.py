"""PLAN.toml: strict, with the place and the remedy of every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.errors import ExitCode, UserError
from spymaster.research.plan import read_plan
from tests.research.conftest import WritePlan


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_plan(path)
    assert caught.value.code in (ExitCode.USAGE, ExitCode.DATA)
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("nonsense = 1", ": object contains unknown field `nonsense`"),
        ("first = 2026-03-02\nlast = 2026-03-01", ": last: 2026-03-01 lies before first"),
        ("first = 'soon'", ": first: invalid RFC3339"),
        ('profile = "nq"', ": profile: there is no profile 'nq'"),
        ('warmup = ["nothing*"]', ": warmup[0]: nothing* names nothing that is there"),
        (
            "[configurations.a.profile.es]\nw_barier = 1",
            ": [configurations.a]: profile.es.w_barier: is not a known key",
        ),
        ("[configurations.a.profile.es]\nw_barrier = 1e9", ": [configurations.a]: profile.es.w_barrier"),
        ('[configurations."a b"]', ": configurations: 'a b' is no name"),
        ("[export]\ntables = ['records']", ": [export]: is there without the step export"),
        ("= 1", ": is not valid TOML"),
    ],
)
def test_a_mistake_is_said_with_its_place(write_plan: WritePlan, more: str, said: str) -> None:
    assert refused(write_plan(more)).startswith(said)


def test_a_step_that_does_not_exist_is_named(write_plan: WritePlan) -> None:
    assert refused(write_plan(steps='"replay", "guess"')).startswith(": steps[1]: there is no 'guess'")


def test_a_plan_without_steps_or_sources_asks_for_nothing(write_plan: WritePlan) -> None:
    assert ": steps: " in refused(write_plan(steps=""))
    assert ": sources[0]: nowhere names nothing" in refused(write_plan(sources='"nowhere"'))


def test_an_export_says_which_tables(write_plan: WritePlan) -> None:
    assert "the step export has no tables" in refused(write_plan(steps='"export"'))
    plan = read_plan(write_plan("[export]\ntables = ['flows', 'records', 'flows']", steps='"export", "replay"'))
    assert plan.steps == ("export flows", "export records", "replay")


def test_contradicting_values_name_the_configuration(write_plan: WritePlan) -> None:
    line = refused(write_plan("[configurations.odd.profile.es]\nexit_break = 90.0"))
    assert "[configurations.odd]" in line


def test_globs_are_of_the_folder_of_the_plan_and_in_order(tmp_path: Path) -> None:
    for name in ("b", "a", ".hidden", "other"):
        (tmp_path / "days" / name).mkdir(parents=True)
    (tmp_path / "p.toml").write_text('sources = ["days/[ab]", "days/a"]\nsteps = ["replay"]\nresults = "out"\n')
    plan = read_plan(tmp_path / "p.toml")
    assert [path.name for path in plan.sources] == ["a", "b"]
    assert plan.results == tmp_path / "out"


def test_without_configurations_there_is_the_users_own(write_plan: WritePlan) -> None:
    (alone,) = read_plan(write_plan()).configurations
    assert (alone.name, alone.changed) == ("default", frozenset())


def test_a_configuration_lies_over_the_users_own(write_plan: WritePlan, tmp_path: Path) -> None:
    own = tmp_path / "xdg" / "spymaster-tui" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text("[profile.es]\nw_barrier = 11.0\nw_tape = 50.0\n")
    (one,) = read_plan(write_plan("[configurations.one.profile.es]\nw_barrier = 12.0")).configurations
    profile = one.config.profile("es")
    assert (profile.w_barrier, profile.w_tape) == (12.0, 50.0)
    assert one.changed == {"es"}


def test_dates_bound_what_is_wanted_on_both_ends(write_plan: WritePlan) -> None:
    plan = read_plan(write_plan("first = 2026-03-17\nlast = 2026-03-18"))
    assert [plan.wants(date) for date in (20260316, 20260317, 20260318, 20260319)] == [False, True, True, False]
