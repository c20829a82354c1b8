"""Which key does what: maps are TOML files, checked when they are loaded.

A map is a table ``keys`` of action names with a list of keys each; ``based_on`` names the map it changes. Keys are
written as the character itself or as ``tab``, ``enter``, ``escape``, ``space``, ``up``, ``f1``, ``shift+tab``,
``ctrl+x``.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spymaster.errors import ExitCode, UserError
from spymaster.tui.keys.actions import ACTIONS, BY_NAME, OF_A_SESSION, Action, Scope

BUNDLED: Final = ("default", "vim")

RESERVED: Final[Mapping[str, str]] = {
    "ctrl+a": "the prefix of screen",
    "ctrl+b": "the prefix of tmux",
    "ctrl+c": "it always interrupts",
    "ctrl+j": "the same as enter on many terminals",
    "ctrl+m": "the same as enter",
    "ctrl+i": "the same as tab",
    "ctrl+s": "it stops the output of many terminals",
    "ctrl+z": "it suspends the program",
}

_NAMED: Final = frozenset(
    (
        *("tab", "enter", "escape", "space", "up", "down", "left", "right", "home", "end"),
        *("pageup", "pagedown", "insert", "delete", "backspace"),
        *(f"f{n}" for n in range(1, 13)),
    )
)

_CHARACTER_NAMES: Final[Mapping[str, str]] = {
    "+": "plus", "-": "minus", "=": "equals_sign", "<": "less_than_sign", ">": "greater_than_sign", ":": "colon",
    ".": "full_stop", ",": "comma", ";": "semicolon", "'": "apostrophe", "[": "left_square_bracket",
    "]": "right_square_bracket", "?": "question_mark", "/": "slash", "!": "exclamation_mark", "*": "asterisk",
    "(": "left_parenthesis", ")": "right_parenthesis", "{": "left_curly_bracket", "}": "right_curly_bracket",
    "#": "number_sign", "$": "dollar_sign", "%": "percent_sign", "&": "ampersand", "@": "at", "^": "circumflex_accent",
    "_": "underscore", "`": "grave_accent", "|": "vertical_line", "~": "tilde", '"': "quotation_mark",
    "\\": "backslash",
}  # fmt: skip
"""Textual's names of characters that are not letters or digits."""

_SHOWN: Final[Mapping[str, str]] = {
    "tab": "Tab", "shift+tab": "Shift+Tab", "enter": "Enter", "escape": "Esc", "space": "Space", "up": "↑",
    "down": "↓", "left": "←", "right": "→", "home": "Home", "end": "End", "pageup": "PgUp", "pagedown": "PgDn",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keymap:
    """Keys of every action, in the notation of the file. ``keys[name]`` may be empty: the action has no key."""

    name: str
    keys: Mapping[str, tuple[str, ...]]

    def textual_keys(self, action: str) -> str:
        """The keys of an action as Textual writes them, joined by commas."""
        return ",".join(_textual(key) for key in self.keys[action])

    def shown(self, action: str) -> str:
        """The first key of an action as a person reads it, empty without a key."""
        keys = self.keys[action]
        return shown_key(keys[0]) if keys else ""


def shown_key(key: str) -> str:
    """A key as a person reads it: ``ctrl+p`` is ``Ctrl+P``."""
    if key in _SHOWN:
        return _SHOWN[key]
    if key.startswith("ctrl+"):
        return f"Ctrl+{key[5:].upper()}"
    return key.upper() if key in _NAMED else key


def load_keymap(name_or_path: str) -> Keymap:
    """The bundled map of that name, or the map in a file. Raises UserError."""
    if name_or_path in BUNDLED:
        path = Path(__file__).parent / "keymaps" / f"{name_or_path}.toml"
    else:
        path = Path(name_or_path).expanduser()
        if not path.is_file():
            remedy = f"name one of {', '.join(BUNDLED)}, or a file"
            raise _refused(f"keymap {name_or_path!r}", "there is no such keymap", remedy)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(str(path), f"cannot be read ({error})", "check the path and its permissions") from error
    return parse_keymap(text, str(path), path.stem)


def parse_keymap(text: str, where: str, name: str) -> Keymap:
    """A map from the text of a file; ``where`` names it in errors. Raises UserError."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refused(where, f"is not TOML ({error})", "mend it there") from error
    unknown = sorted(set(table) - {"keys", "based_on"})
    if unknown:
        raise _refused(where, f"unknown entry {unknown[0]!r}", "a keymap has `based_on` and a table `keys`")
    base = table.get("based_on")
    if base is not None and base not in BUNDLED:
        raise _refused(where, f"based_on is {base!r}", f"use one of {', '.join(BUNDLED)}")
    keys: dict[str, tuple[str, ...]] = {action.name: () for action in ACTIONS}
    if base is not None:
        keys.update(load_keymap(base).keys)
    keys.update(_checked_entries(table.get("keys", {}), where))
    clashes = clashes_of(keys)
    if clashes:
        raise _refused(where, ", ".join(clashes), "give each key to one action")
    return Keymap(name, keys)


def clashes_of(keys: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """One sentence for each key that two actions share on a screen that offers both."""
    owners: dict[str, list[Action]] = {}
    found: list[str] = []
    for action in ACTIONS:
        for key in dict.fromkeys(keys[action.name]):
            others = owners.setdefault(_textual(key), [])
            for other in others:
                if other.scope.screens & action.scope.screens:
                    found.append(f"{key!r} is bound to both {other.name} and {action.name}")
            others.append(action)
    return tuple(found)


_LATER: Final = (Scope.APP, Scope.PLACES)
"""What is offered everywhere stands behind what a screen has of its own."""


def footer_pairs(keymap: Keymap, replay: bool, playing: bool, screen: str = "cockpit") -> tuple[tuple[str, str], ...]:
    """(keys, word) of the footer of a screen in order: the replay's own keys first where it is one, except on screens
    over the cockpit, which begin with the way back. The footer itself adds help."""
    groups: dict[tuple[bool, int], list[Action]] = {}
    for action in ACTIONS:
        place = action.replay_footer if replay and action.replay_footer is not None else action.footer
        if place is not None and _in_footer(action, replay, screen):
            later = screen not in ("cockpit", "start") and (action.scope.replays or action.scope in _LATER)
            groups.setdefault((later, place), []).append(action)
    pairs = []
    for _, actions in sorted(groups.items()):
        keys = " ".join(filter(None, (keymap.shown(action.name) for action in actions)))
        label = actions[0].label
        if actions[0].name == "play_pause":
            # As wide as the other word, so that what stands right of it need not be drawn again.
            label = "pause" if playing else label.ljust(len("pause"))
        label = "next level" if actions[0].scope is Scope.LEVELS and len(actions) > 1 else label
        if keys:
            pairs.append((keys, label))
    return tuple(pairs)


def _in_footer(action: Action, replay: bool, screen: str) -> bool:
    """Lists explain themselves on the cockpit; on a level's screen their keys change the level."""
    if screen not in action.scope.screens or action.name == screen:
        return False
    if screen == "cockpit" and action.scope is Scope.LEVELS:
        return False
    if screen == "start" and action.name in OF_A_SESSION:
        return False
    return replay or not action.scope.replays


def _refused(place: str, problem: str, remedy: str) -> UserError:
    return UserError(place, problem, remedy, code=ExitCode.USAGE)


def _checked_entries(entries: object, where: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not isinstance(entries, dict):
        raise _refused(where, "`keys` is not a table", "begin it with [keys]")
    for name, keys in entries.items():
        if name not in BY_NAME:
            near = difflib.get_close_matches(name, BY_NAME, 1)
            remedy = f"did you mean {near[0]!r}?" if near else "the help screen (?) lists the actions"
            raise _refused(where, f"no action is called {name!r}", remedy)
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise _refused(f"{where}: {name}", "its keys are not a list", 'write a list of keys, such as ["x"]')
        for key in keys:
            _check_key(key, name, where)
        yield name, tuple(keys)


def _check_key(key: str, name: str, where: str) -> None:
    if key in RESERVED:
        raise _refused(f"{where}: {name}", f"{key} cannot be used ({RESERVED[key]})", "choose another key")
    bare = key.removeprefix("shift+").removeprefix("ctrl+")
    known = bare in _NAMED or (len(bare) == 1 and (bare.isalnum() or bare in _CHARACTER_NAMES))
    if not known or (key.startswith("shift+") and bare not in _NAMED):
        raise _refused(f"{where}: {name}", f"{key!r} is not a key", 'write a character, or a name such as "tab"')


def _textual(key: str) -> str:
    prefix, plus, last = key.rpartition("+") if len(key) > 1 else ("", "", key)
    return f"{prefix}{plus}{_CHARACTER_NAMES.get(last, last)}"
