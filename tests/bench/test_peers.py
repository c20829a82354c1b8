"""Peers are measured on the same file, by an interpreter that has them; one that is missing says so."""

from __future__ import annotations

import sys
from pathlib import Path

import databento
import pytest

from spymaster.bench.depth_file import write_bench_file
from spymaster.bench.others import peer_programs
from spymaster.bench.others.peers import PeerFigures, peer_figures, write_head

ANSWERS = """#!/bin/sh
case "$2" in
  iterate) echo 'reading'; echo '{"version": "1.0", "records": 2000, "wall_s": 4.0, "cpu_s": 2.0}';;
  to_ndarray) echo '{"missing": "databento"}';;
  nautilus) echo 'out of memory' >&2; exit 3;;
  hftbacktest) echo '{"version": "2.4.4", "records": 500, "wall_s": 1.0, "cpu_s": 1.0}';;
esac
"""


@pytest.fixture(scope="module")
def depth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, _ = write_bench_file(tmp_path_factory.mktemp("bench"), (), 20_000)
    return path


@pytest.fixture
def interpreter(tmp_path: Path) -> str:
    """Answers as the programs would."""
    path = tmp_path / "python"
    path.write_text(ANSWERS)
    path.chmod(0o755)
    return str(path)


def by_name(figures: list[PeerFigures]) -> dict[str, PeerFigures]:
    return {each.name: each for each in figures}


def test_every_peer_is_counted_per_record_of_what_it_was_given(depth: Path, interpreter: str) -> None:
    found = by_name(peer_figures(depth, 20_000, lambda: None, interpreter, rounds=2))
    assert found["iterate"].wall_ns == [2_000_000.0, 2_000_000.0]
    assert found["iterate"].cpu_ns == [1_000_000.0, 1_000_000.0]
    assert found["hftbacktest"].records == 500
    assert len(found["replay"].wall_ns) == 2


def test_a_peer_that_is_not_installed_or_fails_says_so(depth: Path, interpreter: str) -> None:
    found = by_name(peer_figures(depth, 20_000, lambda: None, interpreter, rounds=2))
    assert found["to_ndarray"].missing == f"not installed: databento in {interpreter}"
    assert found["nautilus"].missing == "failed: out of memory"


def test_an_interpreter_that_does_not_exist_is_named(depth: Path) -> None:
    found = by_name(peer_figures(depth, 20_000, lambda: None, "/no/such/python", rounds=1))
    assert found["iterate"].missing == "failed: /no/such/python: No such file or directory"


def test_the_vendors_programs_read_the_file_that_we_replay(depth: Path) -> None:
    found = by_name(peer_figures(depth, 20_000, lambda: None, sys.executable, rounds=1))
    assert [found[name].records for name in ("iterate", "to_ndarray")] == [20_000, 20_000]


def test_the_head_of_a_file_is_its_first_records(depth: Path, tmp_path: Path) -> None:
    head = databento.DBNStore.from_file(write_head(depth, tmp_path / "head.dbn.zst", 5_000)).to_ndarray()
    whole = databento.DBNStore.from_file(depth).to_ndarray()
    assert (head == whole[:5_000]).all()


def test_a_program_whose_package_is_missing_names_it(
    depth: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(peer_programs.PROGRAMS, "absent", ("no-such-package", peer_programs.databento_iterate))
    peer_programs.main("absent", str(depth))
    assert capsys.readouterr().out == '{"missing": "no-such-package"}\n'
