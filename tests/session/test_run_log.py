"""Logs beside a journal: what is in them, how large they become, and that no line is lost between two files."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from spymaster.session.record.run_log import LogLimits, RunLog, rotated, run_log

LIMITS = LogLimits(max_bytes=2000, keep=3)
LOG = logging.getLogger("spymaster.test")


def lines(folder: Path) -> list[str]:
    """Of all files of the log, the oldest first."""
    files = sorted(folder.glob("session.log*"), reverse=True)
    return [line for file in files for line in file.read_text().splitlines()]


def test_what_the_program_says_stands_beside_the_journal_with_its_time(tmp_path: Path) -> None:
    with run_log(LIMITS) as log:
        log.begin(tmp_path)
        LOG.info("the market %s", "is quiet")
        logging.getLogger("other").warning("not ours")
    LOG.info("too late")
    [line] = lines(tmp_path)
    assert line.endswith(" INFO spymaster.test: the market is quiet")
    assert line[:2] == "20"


def test_a_full_log_is_begun_anew_and_no_line_is_lost_while_files_remain(tmp_path: Path) -> None:
    limits = LogLimits(max_bytes=1000, keep=100)
    with run_log(limits) as log:
        log.begin(tmp_path)
        for number in range(300):
            LOG.info("line %04d", number)
    assert sorted(line[-4:] for line in lines(tmp_path)) == [f"{number:04}" for number in range(300)]
    sizes = [file.stat().st_size for file in tmp_path.glob("session.log*")]
    assert len(sizes) > 10
    assert max(sizes) <= 1000


def test_there_are_never_more_files_than_asked_for_and_the_newest_lines_stay(tmp_path: Path) -> None:
    with run_log(LIMITS) as log:
        log.begin(tmp_path)
        for number in range(300):
            LOG.info("line %04d", number)
    assert {file.name for file in tmp_path.iterdir()} == {"session.log", "session.log.1", "session.log.2"}
    kept = [int(line[-4:]) for line in lines(tmp_path)]
    assert kept == list(range(300 - len(kept), 300))


def test_another_journal_has_a_log_of_its_own(tmp_path: Path) -> None:
    with run_log(LIMITS) as log:
        for day in ("one", "two"):
            (tmp_path / day).mkdir()
            log.begin(tmp_path / day)
            LOG.info("of %s", day)
    assert [lines(tmp_path / day)[0][-3:] for day in ("one", "two")] == ["one", "two"]


def test_warnings_are_still_said_aloud_and_what_the_disk_refuses_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with run_log(LIMITS) as log:
        log.begin(tmp_path / "not there")
        LOG.warning("something is wrong")
        LOG.info("nothing is")
    said = capsys.readouterr().err
    assert "no log is written" in said
    assert "something is wrong" in said
    assert "nothing is" not in said


def test_beside_a_screen_nothing_is_said_aloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with run_log(LIMITS, aloud=False) as log:
        log.begin(tmp_path)
        LOG.warning("something is wrong")
    assert capsys.readouterr().err == ""


def test_loggers_are_as_they_were(tmp_path: Path) -> None:
    logger = logging.getLogger("spymaster")
    before = (logger.level, list(logger.handlers))
    log = RunLog(LIMITS)
    log.begin(tmp_path)
    log.close()
    log.close()
    assert (logger.level, logger.handlers) == before


def test_a_full_sidecar_log_makes_room_before_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "sidecar.log"
    for number in range(5):
        with path.open("a") as file:
            file.write(f"{number}" * 2000)
        rotated(path, LIMITS)
    found = {file.name: file.read_text()[0] for file in tmp_path.iterdir()}
    assert found == {"sidecar.log.1": "4", "sidecar.log.2": "3"}


def test_one_that_is_not_full_or_not_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "sidecar.log"
    rotated(path, LIMITS)
    path.write_text("short")
    rotated(path, LIMITS)
    assert [file.name for file in tmp_path.iterdir()] == ["sidecar.log"]
