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


def databento_key(environment: Mapping[str, str] = os.environ) -> Key:
    """The key that depth needs. Raises UserError, which says what still works without."""
    found = find_key(DATABENTO, environment)
    if found is not None:
        return found
    problem = f"is set neither in the environment nor in the system's keyring (service {_SERVICE})"
    other = find_key(MASSIVE, environment)
    if other is not None:
        problem += f"; {other.name} gives no futures depth, which everything else is read from"
    remedy = "set it; without a key these work: live --demo, replay, simulate"
    raise UserError(" ".join(DATABENTO), problem, remedy, code=ExitCode.USAGE)


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
    if "licen" in said or "entitle" in said:
        remedy = "ask the vendor for live data of it, or choose another profile"
    elif "deactivated" in said or "expired" in said:
        remedy = f"make a new key at the vendor and set {variable}"
    elif "key" in said or "auth" in said:
        remedy = f"check the key in {variable}"
    else:
        remedy = "try again; spymaster-tui replay plays what was recorded"
    return UserError("live", problem, remedy)
