"""Three simulated minutes as days, and plans over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from spymaster.research.item import Item, work_on
from spymaster.research.local_pool import Watching
from spymaster.research.plan import Plan, read_plan
from spymaster.research.report import Report
from spymaster.research.run import Pool, run_plan

WritePlan = Callable[..., Path]
RunPlan = Callable[..., Report]


class Inline:
    """A pool that is this process. ``items``: what it was given, over all runs; ``before``: called with each day."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.before: Callable[[str], None] = lambda day: None

    def run(self, items: Sequence[Item], watching: Watching) -> None:
        for item in items:
            self.items.append(item)
            self.before(item.day.name)
            work_on(item)
            watching.on_done(item, 0.0)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration folder of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


@pytest.fixture(scope="session")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three recordings, a minute each."""
    from spymaster.cli.main import app

    folder = tmp_path_factory.mktemp("days")
    for seed in (1, 2, 3):
        made = ["simulate", str(folder / f"d{seed}"), "--minutes", "1", "--seed", str(seed), "--intensity", "open"]
        result = CliRunner().invoke(app, made)
        assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def write_plan(tmp_path: Path, days: Path) -> WritePlan:
    """Write a plan over the days and return its path; what is given is added to it."""

    def write(text: str = "", *, steps: str = '"replay", "evaluate"', sources: str = "", name: str = "plan") -> Path:
        path = tmp_path / f"{name}.toml"
        path.write_text(f"sources = [{sources or repr(f'{days}/*')}]\nsteps = [{steps}]\n{text}", encoding="utf-8")
        return path

    return write


@pytest.fixture
def inline() -> Inline:
    return Inline()


@pytest.fixture
def run(inline: Inline) -> RunPlan:
    """Run a plan in this process; the report."""

    def start(path: Path | Plan, pool: Pool | None = None, notes: list[str] | None = None) -> Report:
        plan = path if isinstance(path, Plan) else read_plan(path)
        said = notes if notes is not None else []
        return run_plan(plan, pool or inline, lambda share, words: None, said.append, before=lambda: None)

    return start


def run_inline(path: Path) -> Report:
    """Run a plan in this process; the report."""
    return run_plan(read_plan(path), Inline(), lambda share, words: None, lambda line: None, before=lambda: None)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of the results, by path; not what a machine remembers for itself."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent != folder
    }
