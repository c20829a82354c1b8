"""Textual bindings made from the action registry; a keymap replaces their keys by action name."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from spymaster.tui.keys.actions import ACTIONS, Scope
from spymaster.tui.keys.keymap import Keymap, load_keymap

DEFAULT = load_keymap("default")


def bindings_for(*scopes: Scope) -> list[BindingType]:
    """One binding per action of the scopes, with the default keys and the action's name as its id."""
    return [
        Binding(DEFAULT.textual_keys(action.name), action.name, action.description, show=False, id=action.name)
        for action in ACTIONS
        if action.scope in scopes
    ]


def textual_keymap(keymap: Keymap) -> dict[str, str]:
    """The keymap in the form of ``App.set_keymap``."""
    return {action.name: keymap.textual_keys(action.name) for action in ACTIONS}
