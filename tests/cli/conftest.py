"""The command, in this process or in its own, never with the machine's own configuration."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.support import small_files
from tests.support.small_files import Words, busy_words, depth_file

COMMAND = (sys.executable, "-c", "from spymaster.cli.entry import main; main()")

Run = Callable[..., Result]
Spawn = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def runtime() -> Iterator[Path]:
    """Where the sockets of sessions are: a short path, since the name of a socket may not be long."""
    with tempfile.TemporaryDirectory(prefix="sm-") as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folders of the test's own, that of the configuration named, and no vendor keys."""
    folder = tmp_path / "xdg"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    for name in ("DATABENTO_API_KEY", "MASSIVE_API_KEY", "POLYGON_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def run() -> Run:
    """Run a command in this process: ``run("config", "path")``. An error that is not meant for users is raised."""

    def start(*arguments: object) -> Result:
        from spymaster.cli.main import app

        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return start


@pytest.fixture
def spawn() -> Spawn:
    """Run a command in a process of its own, without a terminal."""

    def start(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
            timeout=600,
            check=False,
        )

    return start


@pytest.fixture(scope="session")
def words() -> Words:
    """Some twenty seconds of a scripted market's depth."""
    return busy_words()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, words: Words) -> Path:
    """A small depth file."""
    return depth_file(tmp_path_factory.mktemp("small") / "small.mbp-10.dbn.zst", words)


@pytest.fixture(scope="session")
def depth_and_trades(tmp_path_factory: pytest.TempPathFactory, words: Words) -> tuple[Path, Path]:
    """A depth file and the trades file that goes with it."""
    return small_files.depth_and_trades(tmp_path_factory.mktemp("both"), words)


def one_line(text: str) -> str:
    """The only line of what was said on stderr; no traceback."""
    assert "Traceback" not in text
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]
