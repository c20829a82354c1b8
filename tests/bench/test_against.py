"""Another checkout is measured in turn with this one, row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.bench.others.checkout import Ask, Checkout, compared
from spymaster.errors import UserError

ASK = Ask("bench.dbn.zst", 6870.0, 1000, 1.0)

MEASURES = """
import msgspec
NAMES = {names!r}
class Row(msgspec.Struct):
    name: str
    meaning: str
    unit: str
    median: float
    low: float = 0.0
    high: float = 0.0
seen = 0
def measure(path, middle, rounds, records, wanted, seconds):
    global seen
    seen += 1
    with open({log!r}, "a") as log:
        log.write({name!r} + wanted[0] + " ")
    if wanted == ("broken",):
        raise ValueError("no such kernel")
    return [Row(wanted[0], "how long it takes", "ms", {base} + seen)]
"""


def checkout(folder: Path, log: Path, base: float, names: tuple[str, ...] = ("snap", "read", "broken")) -> Path:
    """A checkout of a program with such a name and these rows, which takes ``base`` ms and more with every round."""
    bench = folder / "src" / "spymaster" / "bench"
    bench.mkdir(parents=True)
    (folder / "src" / "spymaster" / "__init__.py").write_text("")
    (bench / "__init__.py").write_text("")
    name = f"{folder.name}:"
    (bench / "measures.py").write_text(MEASURES.format(names=names, log=str(log), name=name, base=base))
    return folder


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_both_are_measured_in_turn_a_row_at_a_time(tmp_path: Path, log: Path) -> None:
    with (
        Checkout(checkout(tmp_path / "old", log, 10.0)) as theirs,
        Checkout(checkout(tmp_path / "new", log, 4.0)) as ours,
    ):
        rows = list(compared(theirs, ours, ("snap", "read"), 3, ASK))
    order = " ".join(f"old:{row} new:{row}" for row in ("snap", "snap", "snap", "read", "read", "read"))
    assert log.read_text().strip() == order
    assert [(row.name, row.theirs, row.ours, row.ratio) for row in rows] == [
        ("snap", 12.0, 6.0, 0.5),
        ("read", 15.0, 9.0, 0.6),
    ]


def test_a_row_that_one_of_them_does_not_have_is_said(tmp_path: Path, log: Path) -> None:
    with (
        Checkout(checkout(tmp_path / "old", log, 10.0, names=("snap",))) as theirs,
        Checkout(checkout(tmp_path / "new", log, 4.0)) as ours,
    ):
        rows = list(compared(theirs, ours, ("read", "snap"), 1, ASK))
    assert rows[0].missing == f"{tmp_path / 'old'} has no such row"
    assert rows[1].missing == ""


def test_a_row_that_cannot_be_measured_says_why_and_the_others_go_on(tmp_path: Path, log: Path) -> None:
    with (
        Checkout(checkout(tmp_path / "old", log, 10.0)) as theirs,
        Checkout(checkout(tmp_path / "new", log, 4.0)) as ours,
    ):
        broken, snap = compared(theirs, ours, ("broken", "snap"), 1, ASK)
    assert broken.missing == f"{tmp_path / 'old'}: ValueError: no such kernel"
    assert snap.ratio == pytest.approx(6.0 / 12.0, abs=0.1)


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no checkout of this program"):
        Checkout(tmp_path)


def test_a_checkout_that_cannot_be_started_is_refused(tmp_path: Path, log: Path) -> None:
    folder = checkout(tmp_path / "old", log, 10.0)
    (folder / "src" / "spymaster" / "bench" / "measures.py").write_text("raise SystemExit")
    with pytest.raises(UserError, match="it ends at once"):
        Checkout(folder)
