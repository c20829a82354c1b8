"""Keys are data: what a keymap file may say, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.errors import UserError
from spymaster.tui.keys.actions import ACTIONS
from spymaster.tui.keys.keymap import BUNDLED, RESERVED, footer_pairs, load_keymap, parse_keymap, shown_key


def refused(text: str) -> str:
    with pytest.raises(UserError) as error:
        parse_keymap(text, "keys.toml", "keys")
    return str(error.value)


@pytest.mark.parametrize("name", BUNDLED)
def test_every_action_has_a_key_in_a_bundled_map(name: str) -> None:
    keymap = load_keymap(name)
    assert [action.name for action in ACTIONS if not keymap.keys[action.name]] == []


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_map_leaves_the_prefixes_of_multiplexers_alone(name: str) -> None:
    used = {key for keys in load_keymap(name).keys.values() for key in keys}
    assert used & set(RESERVED) == set()


@pytest.mark.parametrize("key", ["ctrl+a", "ctrl+b", "ctrl+j", "ctrl+s"])
def test_a_prefix_key_is_refused_with_its_reason(key: str) -> None:
    assert RESERVED[key] in refused(f'[keys]\nquit = ["{key}"]')


def test_two_actions_on_one_key_are_reported_by_name() -> None:
    message = refused('based_on = "default"\n[keys]\ncopy_row = ["q"]')
    assert "copy_row" in message
    assert "quit" in message
    assert "'q'" in message


def test_every_clash_is_in_the_report() -> None:
    message = refused('based_on = "default"\n[keys]\ncopy_row = ["q"]\ngoto = ["c"]')
    assert "quit" in message
    assert "centre" in message


def test_an_unknown_action_is_answered_with_the_nearest_one() -> None:
    assert "did you mean 'acknowledge'" in refused('[keys]\nacknowlege = ["a"]')


@pytest.mark.parametrize("key", ["", "hyper+x", "abc", "shift+a", "ctrl+"])
def test_what_is_not_a_key_is_refused(key: str) -> None:
    assert "is not a key" in refused(f'[keys]\nquit = ["{key}"]')


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("keys = 3", "not a table"),
        ("[keys]\nquit = 'q'", "write a list"),
        ("colour = 1", "unknown entry 'colour'"),
        ("based_on = 'emacs'", "default, vim"),
        ("[keys", "not TOML"),
    ],
)
def test_a_malformed_map_is_refused_in_one_line_that_names_the_file(text: str, says: str) -> None:
    message = refused(text)
    assert says in message
    assert message.startswith("keys.toml:")
    assert "\n" not in message


def test_a_map_changes_only_what_it_names() -> None:
    keymap = parse_keymap('based_on = "default"\n[keys]\nquit = ["Q"]', "keys.toml", "keys")
    assert keymap.keys["quit"] == ("Q",)
    assert keymap.keys["centre"] == load_keymap("default").keys["centre"]


def test_an_action_may_lose_its_keys() -> None:
    keymap = parse_keymap('based_on = "default"\n[keys]\nsave_screen = []', "keys.toml", "keys")
    assert keymap.shown("save_screen") == ""


def test_a_map_can_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('based_on = "vim"\n', encoding="utf-8")
    assert load_keymap(str(path)).name == "mine"


def test_a_missing_map_names_the_bundled_ones() -> None:
    with pytest.raises(match="default, vim"):
        load_keymap("nowhere")


def test_characters_are_handed_to_the_toolkit_by_its_names() -> None:
    assert load_keymap("default").textual_keys("zoom_in") == "plus,equals_sign"


def test_keys_are_shown_as_people_write_them() -> None:
    assert [shown_key(key) for key in ("ctrl+p", "space", "f1", "N", "shift+tab")] == [
        "Ctrl+P",
        "Space",
        "F1",
        "N",
        "Shift+Tab",
    ]


def test_the_footer_of_a_replay_begins_with_its_own_keys() -> None:
    keymap = load_keymap("default")
    assert footer_pairs(keymap, replay=True, playing=True)[:6] == (
        *(("Space", "pause"), (". ,", "snap"), ("; '", "record"), ("[ ]", "speed")),
        *(("n N", "alert"), ("t T", "touch")),
    )
    assert footer_pairs(keymap, replay=True, playing=False)[0] == ("Space", "play ")
    assert footer_pairs(keymap, replay=False, playing=True)[0] == ("c", "centre")
