"""Named sets of levels: checked, stored whole, found again by name, and never used for the wrong profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.market.frames import UserLevel
from spymaster.session.levels.sets import check_levels, levels_named, set_name, sets_folder, store_set, stored_sets
from spymaster.session.levels.user import LevelError

POINT = 1_000_000_000
LEVELS = [UserLevel("USER_lunch_low", 4_800_250_000_000), UserLevel("USER_4810", 4810 * POINT)]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's configuration folder of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_stored_set_is_found_again_by_its_name() -> None:
    stored = store_set("mine", LEVELS)
    assert stored.path == sets_folder() / "mine.csv"
    assert stored_sets() == ["mine"]
    assert levels_named("mine", "es") == LEVELS


@pytest.mark.parametrize("name", ["#1 support", 'the "big" one', "a,b", "price", "öl", "x" * 40])
def test_any_name_of_a_level_survives_storing(name: str) -> None:
    level = UserLevel(f"USER_{'_'.join(name.split())}", POINT)
    store_set("mine", [level])
    assert levels_named("mine", "es") == [level]


def test_storing_again_replaces_the_set_as_a_whole() -> None:
    assert not store_set("mine", LEVELS).replaced
    assert store_set("mine", LEVELS[:1]).replaced
    assert levels_named("mine", "es") == LEVELS[:1]
    assert [path.name for path in sets_folder().iterdir()] == ["mine.csv"]


def test_a_set_of_one_profile_is_not_used_for_the_other() -> None:
    store_set("mine", LEVELS, "es")
    assert levels_named("mine", "es") == LEVELS
    with pytest.raises(LevelError, match=r"^--levels mine: stored for profile es, not spy; add --profile es, or "):
        levels_named("mine", "spy")


def test_a_file_goes_before_a_set_of_the_same_name(home: Path) -> None:
    store_set("mine", LEVELS)
    (home / "mine").write_text("4820\n")
    assert levels_named("mine", "es") == [UserLevel("USER_4820", 4820 * POINT)]


def test_a_name_that_is_neither_file_nor_set_is_said_with_the_sets_there_are() -> None:
    with pytest.raises(LevelError, match=r"^--levels other: no such file, .*; 'spymaster-tui levels import FILE'"):
        levels_named("other", "es")
    store_set("mine", LEVELS)
    with pytest.raises(LevelError, match=r"the stored sets are mine$"):
        levels_named("other", "es")


@pytest.mark.parametrize("name", ["../mine", "a/b", ".hidden", "two words", "", "x" * 65])
def test_a_set_cannot_be_called_anything(name: str) -> None:
    with pytest.raises(LevelError, match=r"^--name: "):
        set_name(name, Path("mine.csv"))


def test_a_set_is_named_after_its_file_unless_named() -> None:
    assert set_name(None, Path("my levels.txt")) == "my-levels"
    assert set_name("week", Path("my levels.txt")) == "week"
    with pytest.raises(LevelError, match="the set of levels needs a name"):
        set_name(None, None)


def test_every_line_that_is_nonsense_is_named_at_once() -> None:
    levels, errors = check_levels("4800\nsupport\n-5\n48:00\n", "stdin")
    assert [level.price_e9 for level in levels] == [4800 * POINT, -5 * POINT]
    assert [str(error).partition(": ")[2].partition(":")[0] for error in errors] == ["line 2", "line 4"]


def test_names_that_a_screen_cannot_show_are_refused() -> None:
    _, errors = check_levels("a\x1b[31mred 4800\n", "stdin")
    assert [str(error) for error in errors] == [
        "stdin: 'a?[31mred' is not a usable name for a level; use at most 40 printable characters"
    ]


def test_more_levels_than_fit_are_refused() -> None:
    _, errors = check_levels("\n".join(str(4000 + n) for n in range(129)), "stdin")
    assert [str(error) for error in errors] == ["stdin: holds 129 levels; at most 128 fit, leave some out"]
