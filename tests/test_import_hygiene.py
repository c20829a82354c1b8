"""What a room loads when it is imported, seen from a fresh interpreter; and that every room is under contract."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import spymaster

PACKAGE = Path(spymaster.__file__).parent
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
HEADLESS = sorted({"config", "market", "journal", "physics", "signals", "view"} & set(ROOMS))

SCREEN = {"textual"}
NETWORK = {"asyncio", "aiohttp", "websockets", "nats", "starlette", "uvicorn"}
VENDORS = {"databento", "databento_dbn", "polygon"}
HEAVY = {"pandas", "pandas_market_calendars"}
SLOW_TO_START = {"numba", "databento", "textual", "pyarrow", "pandas"}

CLIENTS = ["spymaster.feeds.databento_live.vendor_client", "spymaster.feeds.massive_live.vendor_client"]
"""The modules that speak to a vendor's live client, one a vendor; they are imported when a connection is made."""

LOAD_ROOM = """
import importlib, json, pkgutil, sys
room = importlib.import_module("spymaster.{room}")
for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
    if module.name not in {but}:
        importlib.import_module(module.name)
print(json.dumps(sorted(sys.modules)))
"""

RUN_COMMAND = """
import json, sys
sys.argv = ["spymaster-tui", *{arguments}]
from spymaster.cli.entry import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def loaded_by(room: str) -> set[str]:
    """Names of all modules in memory after importing every module of a room but those that are a client's."""
    return set(json.loads(run(LOAD_ROOM.format(room=room, but=CLIENTS)).stdout))


@pytest.fixture(scope="module")
def contracts() -> dict[str, dict[str, Any]]:
    project = Path(__file__).parent.parent / "pyproject.toml"
    linter = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["importlinter"]
    return {contract["id"]: contract for contract in linter["contracts"]}


@pytest.mark.parametrize("room", HEADLESS)
def test_a_headless_room_loads_no_screen_no_network_no_vendor_client(room: str) -> None:
    assert loaded_by(room) & (SCREEN | NETWORK | VENDORS | HEAVY) == set()


def test_physics_loads_no_room_but_market_and_the_one_error() -> None:
    rooms = {name.split(".")[1] for name in loaded_by("physics") if name.startswith("spymaster.")}
    assert rooms <= {"physics", "market", "errors"}


def test_feeds_load_the_light_vendor_decoder_only() -> None:
    assert loaded_by("feeds") & (SCREEN | HEAVY | {"databento", "polygon", "websockets"}) == set()


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        pytest.param(["--help"], {}, id="help"),
        pytest.param(
            [],
            {"_SPYMASTER_TUI_COMPLETE": "complete_bash", "COMP_WORDS": "spymaster-tui --h", "COMP_CWORD": "1"},
            id="completion",
        ),
    ],
)
def test_help_and_completion_load_nothing_slow(arguments: list[str], environment: dict[str, str]) -> None:
    done = run(RUN_COMMAND.format(arguments=arguments), **environment)
    assert "--help" in done.stdout
    assert set(json.loads(done.stderr)) & SLOW_TO_START == set()


def test_every_headless_room_is_under_the_headless_contract(contracts: dict[str, dict[str, Any]]) -> None:
    assert set(contracts["headless"]["source_modules"]) == {f"spymaster.{room}" for room in HEADLESS}


@pytest.mark.parametrize(
    ("contract", "free"), [("physics", {"physics", "market"}), ("vocabulary", {"market"}), ("errors", set())]
)
def test_a_closed_room_is_barred_from_every_other(
    contracts: dict[str, dict[str, Any]], contract: str, free: set[str]
) -> None:
    barred = {f"spymaster.{room}" for room in ROOMS if room not in free} | {
        "spymaster.resources",
        "spymaster.atomic_output",
        "spymaster.interrupts",
    }
    assert set(contracts[contract]["forbidden_modules"]) == barred


def test_the_screen_is_barred_from_feeds_and_lake_as_soon_as_there_is_one(contracts: dict[str, dict[str, Any]]) -> None:
    barred = {f"spymaster.{room}" for room in ("feeds", "lake") if room in ROOMS} if "tui" in ROOMS else set()
    assert set(contracts.get("screen", {}).get("forbidden_modules", ())) == barred
