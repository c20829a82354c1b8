"""An engine that was compiled elsewhere, in a wheel or taken out of one: used where it fits, else it is said why not.

It lies in folders of roots beside one ``engine.json`` each that says what they were made from and what they need.
"""

from __future__ import annotations

import functools
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from spymaster.market.kernel_cache import CACHE_FOLDER
from spymaster.market.kernels.sources import engine_hash

DESCRIPTION: Final = "engine.json"
IN_PACKAGE: Final = Path(__file__).resolve().parents[2] / "_engine"
"""Where a wheel has it."""
TAKEN: Final = CACHE_FOLDER.parent / "engine"
"""Where ``warmup --from`` puts it."""


class ShippedEngine(msgspec.Struct, frozen=True):
    """What is said of a folder of roots. ``target``: what they were compiled for, as their names have it; ``triple``,
    ``features``: what a machine must be and have."""

    engine: str
    interpreter: str
    numba: str
    numpy: str
    target: str
    triple: str
    features: tuple[str, ...]


def description(target: str, triple: str, features: tuple[str, ...]) -> ShippedEngine:
    """Of an engine that is made here and now."""
    return ShippedEngine(
        engine_hash(), str(sys.implementation.cache_tag), version("numba"), version("numpy"), target, triple, features
    )


def refusal(said: ShippedEngine) -> str:
    """Why an engine cannot be used here, in words; empty where it can."""
    import llvmlite.binding as llvm

    ours = description("", llvm.get_process_triple(), ())
    if said.engine != ours.engine:
        return "it was made from other sources"
    for name in ("interpreter", "numba", "numpy", "triple"):
        made, here = getattr(said, name), getattr(ours, name)
        if made != here:
            return f"it was made with {name} {made}, here is {here}"
    here_features = llvm.get_host_cpu_features()
    missing = sorted(name for name in said.features if not here_features.get(name, False))
    return f"this processor lacks {', '.join(missing[:3])}" if missing else ""


def engines_in(folder: Path) -> list[tuple[Path, ShippedEngine]]:
    """The engines below a folder, those that ask for most first."""
    found = []
    for path in sorted(folder.glob(f"*/{DESCRIPTION}")):
        try:
            found.append((path.parent, msgspec.json.decode(path.read_bytes(), type=ShippedEngine)))
        except (OSError, msgspec.DecodeError):
            continue
    return sorted(found, key=lambda one: -len(one[1].features))


@functools.cache
def shipped_engine() -> tuple[Path, ShippedEngine] | None:
    """The engine that came with the program and fits, and what is said of it."""
    return next((one for place in (IN_PACKAGE, TAKEN) for one in engines_in(place) if not refusal(one[1])), None)


def why_none() -> str:
    """Why an engine that is there is not used, in words; empty where none is there, or one is used."""
    there = [one for place in (IN_PACKAGE, TAKEN) for one in engines_in(place)]
    return refusal(there[0][1]) if there and shipped_engine() is None else ""


def described(folder: Path, said: ShippedEngine) -> None:
    """Write down what is said of a folder of roots."""
    (folder / DESCRIPTION).write_bytes(json.dumps(msgspec.to_builtins(said), indent=1).encode() + b"\n")
