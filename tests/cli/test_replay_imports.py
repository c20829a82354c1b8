"""What a replay without a screen does not load: each of these takes longer than the replay begins in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PLAY = """
import json, sys
from spymaster.cli.entry import main
sys.argv = ["spymaster-tui", "replay", sys.argv[1], "--profile", "es", "--headless", "--json"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted(sys.modules)))
"""

SLOW = ("numba", "pandas", "pandas_market_calendars", "pyarrow", "databento", "textual", "pydantic")


@pytest.fixture(scope="module")
def loaded(small: Path) -> set[str]:
    """The modules of a process that replayed a recording, its kernels kept."""
    from spymaster.session.warmup import compile_all, is_warm

    if not is_warm():
        compile_all()
    done = subprocess.run(
        [sys.executable, "-c", PLAY, str(small)], env={**os.environ}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("heavy", SLOW)
def test_a_replay_loads_nothing_that_it_has_no_use_for(loaded: set[str], heavy: str) -> None:
    assert heavy not in loaded
    assert "spymaster.physics.engine" in loaded
