"""``levels list`` and ``levels import``: what is published at a moment, and sets of levels of one's own."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from spymaster.market.dtypes import W_TS_RECV
from spymaster.market.levels import LevelKind
from spymaster.market.sessions import et_time
from spymaster.resources import bundled_recording
from tests.cli.conftest import COMMAND, Run, one_line
from tests.support.bars import MINUTE, csv_text
from tests.support.small_files import Words, depth_file

USAGE, DATA = 2, 3


def listing(run: Run, *arguments: object) -> dict[str, Any]:
    result = run("levels", "list", *arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def bars_before(words: Words, folder: Path) -> Path:
    """Ten minute bars before the small recording, at its prices."""
    price = float(words[0, 6]) / 1e9 // 1
    begins = int(words[0, 1]) // MINUTE * MINUTE
    path = folder / "bars.csv"
    rows = [(price, price + 1.0, price - 1.0, price + 0.25, 10.0)] * 10
    path.write_text(csv_text(rows, start_ns=begins - 10 * MINUTE))
    return path


def test_the_list_is_sorted_by_price_with_the_spot_between(run: Run, small: Path) -> None:
    result = run("levels", "list", small, "--profile", "es")
    assert (result.exit_code, result.stderr) == (0, "")
    head, names, *rows = result.stdout.splitlines()
    assert head.startswith("ESH4, profile es, at 2024-01-04 20:00:")
    assert names.split()[:4] == ["price", "level", "kind", "distance"]
    table = rows[: rows.index("")]
    prices = [float(line.split()[0]) for line in table]
    assert prices == sorted(prices, reverse=True)
    assert [line.split()[1:] for line in table if "spot" in line] == [["----", "spot", "----"]]


def test_columns_are_aligned_and_nothing_is_coloured_off_a_terminal(run: Run, small: Path) -> None:
    lines = run("levels", "list", small, "--profile", "es").stdout.splitlines()
    assert "\x1b" not in "".join(lines)
    place = lines[1].index("kind")
    kinds = [line[place:].split()[0] for line in lines[2 : lines.index("")] if "spot" not in line]
    assert "ROUND" in kinds
    assert set(kinds) <= {kind.name for kind in LevelKind}


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_is_coloured_unless_it_asks_not_to_be(
    small: Path, environment: dict[str, str], coloured: bool
) -> None:
    ours, theirs = pty.openpty()
    command = [*COMMAND, "levels", "list", str(small), "--profile", "es"]
    with subprocess.Popen(
        command, stdout=theirs, stdin=subprocess.DEVNULL, env={**os.environ, **environment}
    ) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):
            while part := os.read(ours, 4096):
                shown += part
    os.close(ours)
    assert process.returncode == 0
    assert b"SUPPORT" in shown.upper()
    assert (b"\x1b[32m" in shown) is coloured


def test_kinds_without_a_level_are_named_with_the_reason(run: Run, small: Path) -> None:
    text = run("levels", "list", small, "--profile", "es").stdout
    below = text.partition("watched, but without a level at this moment:\n")[2].splitlines()
    reasons = {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in below}
    assert reasons["CALL_WALL"] == "needs option trades and quotes; the source holds none"
    assert "--warmup" in reasons["SMA_200"]


def test_json_tells_levels_and_reasons(run: Run, small: Path) -> None:
    found = listing(run, small, "--profile", "es", "--level", "500.25")
    named = {"profile", "symbol", "t_ns", "time_et", "spot", "bars_before", "levels", "unpublished", "problems"}
    assert set(found) == named | {"at_end"}
    (mine,) = (level for level in found["levels"] if level["kind"] == "USER")
    assert (mine["id"], mine["price"]) == ("USER_500.25", 500.25)
    assert mine["distance"] == pytest.approx(abs(500.25 - found["spot"]))
    assert {level["kind"] for level in found["levels"]} & {kind["kind"] for kind in found["unpublished"]} == set()


def test_csv_has_a_header_and_a_row_a_level(run: Run, small: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("levels", "list", small, "--profile", "es", "--format", "csv").stdout)))
    assert len(rows) == len(listing(run, small, "--profile", "es")["levels"])
    assert rows[0]["direction"] == "RESISTANCE"


def test_the_moment_is_the_last_snap_not_after_it(run: Run) -> None:
    early = listing(run, bundled_recording(), "--at", "12:31")
    assert early["time_et"].startswith("2026-03-17 12:31:00.000")
    assert listing(run, bundled_recording())["t_ns"] > early["t_ns"]


def test_simulated_records_say_so(run: Run) -> None:
    assert run("levels", "list", bundled_recording(), "--at", "12:31").stdout.startswith("SIMULATED data\n")


def test_warm_up_bars_are_counted(run: Run, small: Path, words: Words, tmp_path: Path) -> None:
    path = bars_before(words, tmp_path)
    assert listing(run, small, "--profile", "es", "--warmup", path)["bars_before"] == 10
    assert listing(run, small, "--profile", "es", "--warmup", path, "--bars-stamped", "end")["bars_before"] == 10
    head = run("levels", "list", small, "--profile", "es", "--warmup", path).stdout.splitlines()[0]
    assert head.endswith(", 10 minute bars before the recording")


@pytest.mark.parametrize("command", [("replay", "--headless"), ("export", "flows"), ("levels", "list")])
def test_warm_up_that_is_not_there_is_one_line(run: Run, small: Path, command: tuple[str, ...]) -> None:
    result = run(*command, small, "--warmup", "/none.csv", "--profile", "es")
    assert result.exit_code == DATA
    assert one_line(result.stderr).startswith("error: /none.csv: no such file; ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--warmup", "QQQ=x.csv", "--profile", "es"),
            "error: --warmup QQQ=x.csv: profile es uses no share QQQ; write PATH",
        ),
        (
            ("--warmup", "QQQ=x.csv", "--profile", "spy"),
            "error: --warmup QQQ=x.csv: profile spy uses no share QQQ; write SPY=",
        ),
        (("--bars-stamped", "middle"), "error: --bars-stamped middle: a bar's time is its start or its end; "),
        (("--format", "xml"), "error: --format xml: there is no such format; choose from text, json, csv"),
        (("--at", "25:00"), "error: --at 25:00: is not a time; "),
        (
            ("--at", "2024-01-01T00:00:00Z"),
            "error: --at 2024-01-01T00:00:00Z: 2023-12-31 19:00:00.000 EST is outside the recording; it goes from ",
        ),
        (("--levels", "none"), "error: --levels none: no such file, and no set of levels of that name; "),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(run: Run, small: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run("levels", "list", small, *arguments)
    assert (result.exit_code, result.stdout) == (USAGE, "")
    assert one_line(result.stderr).startswith(said)


def test_bars_for_the_share_are_named_with_its_symbol(run: Run, small: Path, words: Words, tmp_path: Path) -> None:
    price = float(words[0, 6]) / 1e10 // 1
    path = tmp_path / "share.csv"
    begins = int(words[0, 1]) // MINUTE * MINUTE
    path.write_text(csv_text([(price, price, price, price, 1.0)] * 3, start_ns=begins - 3 * MINUTE))
    assert listing(run, small, "--profile", "spy", "--warmup", f"SPY={path}")["bars_before"] == 3


def test_the_report_of_a_replay_counts_the_bars_left_out(run: Run, small: Path, words: Words, tmp_path: Path) -> None:
    path = bars_before(words, tmp_path)
    last = path.read_text().splitlines()[-1]
    path.write_text(f"{path.read_text()}{last}\n")
    report = json.loads(run("replay", small, "--headless", "--json", "--profile", "es", "--warmup", path).stdout)
    assert report["rejected"] == {"minute bar: its minute was given again, the last one was used": 1}


def test_an_imported_set_is_used_by_its_name(run: Run, small: Path, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "my list.csv"
    path.write_text("name,price\nlunch,500.25\n,501\n")
    result = run("levels", "import", path)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["USER_lunch  500.25", "USER_501    501"]
    stored = home / "spymaster-tui" / "levels" / "my-list.csv"
    assert result.stderr.strip() == f"2 levels stored in {stored}; use them with --levels my-list"
    found = listing(run, small, "--profile", "es", "--levels", "my-list")
    assert {level["id"] for level in found["levels"] if level["kind"] == "USER"} == {"USER_lunch", "USER_501"}


def test_levels_can_be_pasted(home: Path) -> None:
    from spymaster.cli.main import app

    pasted = "vah 500.25\npoc 499\n"
    result = CliRunner().invoke(app, ["levels", "import", "-", "--name", "today", "--profile", "es"], input=pasted)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["USER_vah  500.25", "USER_poc  499"]
    assert result.stderr.strip().endswith("today.csv; use them with --levels today --profile es")
    assert (home / "spymaster-tui" / "levels" / "today.csv").is_file()


def test_importing_again_replaces_and_says_so(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("4800\n")
    run("levels", "import", path)
    assert run("levels", "import", path).stderr.startswith("1 level replaced in ")


def test_nonsense_is_refused_with_a_line_each_and_nothing_is_stored(run: Run, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("4800\nsupport\nlow -3e30\n")
    result = run("levels", "import", path)
    assert (result.exit_code, result.stdout) == (USAGE, "")
    assert [line.partition(": line ")[2][0] for line in result.stderr.splitlines()] == ["2", "3"]
    assert not (home / "spymaster-tui" / "levels").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.txt",), "error: none.txt: no such file"),
        (("-",), "error: --name: the set of levels needs a name"),
        (("none.txt", "--name", "../x"), "error: --name: '../x' is not a usable name"),
        (("none.txt", "--profile", "nq"), 'error: profile "nq": there is no such profile; choose from spy, es'),
    ],
)
def test_an_import_that_makes_no_sense_is_one_line(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run("levels", "import", *arguments)
    assert result.exit_code == USAGE
    assert one_line(result.stderr).startswith(said)


def test_a_recorded_run_is_refused_with_the_command_that_makes_files_of_it(
    run: Run, small: Path, tmp_path: Path
) -> None:
    recorded = tmp_path / "recorded"
    assert run("record", recorded, "--source", small, "--profile", "es").exit_code == 0
    refused = run("levels", "list", recorded)
    assert refused.exit_code == 3
    assert "export dbn" in one_line(refused.stderr)


def test_a_moment_behind_the_last_record_is_refused_whatever_the_header_claims(
    run: Run, words: Words, tmp_path: Path
) -> None:
    hours_later_ns = int(words[-1, W_TS_RECV]) + 6 * 3600 * 10**9
    claims_a_day = depth_file(tmp_path / "a.mbp-10.dbn", words, end_ns=hours_later_ns)
    at = f"{et_time(hours_later_ns - 3600 * 10**9):%H:%M}"
    picture = tmp_path / "a.svg"
    for command in (("levels", "list"), ("replay", "--screenshot", picture)):
        refused = run(*command, claims_a_day, "--profile", "es", "--at", at)
        assert refused.exit_code == USAGE
        assert "its records end at" in one_line(refused.stderr)
    assert not picture.exists()


def test_free_text_is_imported_and_what_is_left_out_is_said(run: Run, tmp_path: Path) -> None:
    text = tmp_path / "from-a-mail.txt"
    text.write_text("$SPX: Call Wall, 6,900, Put Wall, 6700\nupdated 09:31\nVol Trigger\n")
    result = run("levels", "import", text, "--pasted", "--name", "mail")
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["USER_Call_Wall", "6900"],
        ["USER_Put_Wall", "6700"],
    ]
    assert "left out: updated 09:31: a time" in result.stderr
    assert "left out: Vol Trigger: no price beside it" in result.stderr
    assert "taken for remarks: $SPX:" in result.stderr


def test_free_text_without_a_level_is_refused(run: Run, tmp_path: Path) -> None:
    text = tmp_path / "hello.txt"
    text.write_text("good morning\n")
    result = run("levels", "import", text, "--pasted")
    assert result.exit_code == USAGE
    assert "holds no levels" in result.stderr
