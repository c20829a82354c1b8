"""Keys of data vendors: from the environment or, where the package is installed, the system's keyring."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Final

import msgspec

from spymaster.errors import ExitCode, UserError

DATABENTO: Final = ("DATABENTO_API_KEY",)
MASSIVE: Final = ("MASSIVE_API_KEY", "POLYGON_API_KEY")
"""Names of one vendor's key, old and new."""
KEY_VARIABLES: Final = (*DATABENTO, *MASSIVE)
_SERVICE: Final = "spymaster-tui"
_ENTITLEMENT: Final = ("licen", "entitle", "not authorized", "not_authorized", "upgrade", "forbidden", "permission")
"""Words by which vendors say that a key is good, and this is not among what it may have."""


class Key(msgspec.Struct, frozen=True):
    """A key and the name it was found under. The key itself is never printed, also not as part of a traceback."""

    name: str
    secret: str

    def __repr__(self) -> str:
        return f"Key({self.name})"


def find_key(names: tuple[str, ...], environment: Mapping[str, str] = os.environ) -> Key | None:
    """The first key under one of the names, the environment before the keyring."""
    for name in names:
        if environment.get(name, "").strip():
            return Key(name, environment[name].strip())
    for name in names:
        secret = _of_keyring(name)
        if secret:
            return Key(name, secret)
    return None


def no_key(names: tuple[str, ...], but: str) -> UserError:
    """That none of these keys is set, and what still works without. ``but``: of no use here, in a few words."""
    number = "is set" if len(names) == 1 else "none is set,"
    problem = f"{number} neither in the environment nor in the system's keyring (service {_SERVICE})"
    problem += f"; {but}" if but else ""
    remedy = "set it" if len(names) == 1 else "set one (the first gives everything, the others SPY and its options)"
    remedy += "; without a key these work: live --demo, replay, simulate"
    return UserError(" ".join(names), problem, remedy, code=ExitCode.USAGE)


def _of_keyring(name: str) -> str:
    """The keyring's, or nothing where there is none, it is locked, or its package is not installed."""
    try:
        keyring, errors = importlib.import_module("keyring"), importlib.import_module("keyring.errors")
    except ImportError:
        return ""
    try:
        return str(keyring.get_password(_SERVICE, name) or "")
    except errors.KeyringError:
        return ""


def refusal(problem: str, variable: str) -> UserError:
    """What a vendor said that let nobody in, with what to do about it."""
    said = problem.lower()
    if any(word in said for word in _ENTITLEMENT):
        remedy = "ask the vendor for live data of it, or choose another profile or vendor ([live] in the configuration)"
    elif "deactivated" in said or "expired" in said:
        remedy = f"make a new key at the vendor and set {variable}"
    elif "another program" in said:
        remedy = f"end the other program that uses {variable}, then start again"
    elif "key" in said or "auth" in said:
        remedy = f"check the key in {variable}"
    else:
        remedy = "try again; spymaster-tui replay plays what was recorded"
    return UserError("live", problem, remedy)
