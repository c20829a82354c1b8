"""The MCP server, asked by the protocol's own client: what a program is told, and that it can change nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

pytest.importorskip("mcp")
pytest.importorskip("duckdb")

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from spymaster.bus.attach.source import AttachSource
from spymaster.bus.attach.ways import SocketWay
from spymaster.bus.programs.server import Tools, made_server
from spymaster.bus.programs.views import LakeView, SessionView
from spymaster.bus.serving import Serving
from spymaster.bus.socket.places import own_folder
from spymaster.market.levels import LevelKind
from spymaster.market.rows import LEVEL_ROW
from spymaster.signals.frame import Frame, LevelView
from tests.lake.test_recorder import three_hours
from tests.support import blocks, frames
from tests.support.awaiting import PATIENCE_S
from tests.support.bus import attached
from tests.support.lakes import RUN, record
from tests.support.still_source import StillSource


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A sealed, simulated run of three hours."""
    record(tmp_path / "lake", three_hours().stored)
    return tmp_path / "lake"


def scene() -> Frame:
    """A level that breaks, one of the user's beyond sight, and two alerts of which one has an outcome."""
    rows = [
        blocks.level(
            runway_distance=2.0, runway_kind=float(LevelKind.USER), runway_user_index=1.0, runway_price=4803.0
        ),
        blocks.unseen(kind=LevelKind.USER, user_index=1.0, price=4803.0, tick=19212.0, distance=2.5, x=2.5),
    ]
    levels = np.array([tuple(row[name] for name in LEVEL_ROW.names or ()) for row in rows], LEVEL_ROW)
    views = (LevelView("ROUND_4805", "ROUND", ""), LevelView("mine", "USER", "mine"))
    first, second, *_ = frames.alerts()
    alerts = (first, msgspec.structs.replace(second, outcome="1.25 points beyond the level after 30 s"))
    return frames.frame(levels=levels, level_views=views, alerts=alerts, heat=frames.no_heat())


SCENE = scene()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[SessionView]:
    """A running session of that one frame, looked at over its socket."""
    serving = Serving(on_socket=True, out="", folder=own_folder(tmp_path / "run"))
    serving.start(StillSource(SCENE))
    try:
        with attached(AttachSource(lambda: SocketWay(serving.path, PATIENCE_S))) as source:
            yield SessionView(source)
    finally:
        serving.stop()


NOBODY = SessionView(None)


async def asked(session: SessionView, root: Path | str, tool: str, **arguments: Any) -> Any:
    """What a tool answers: the structured part of it; of an error its words."""
    async with Client(made_server(Tools(session, LakeView(str(root), "", "", session)))) as client:
        answer = await client.call_tool(tool, arguments)
        if answer.is_error:
            [said] = answer.content
            return said.text  # type: ignore[union-attr]
        assert answer.structured_content is not None
        return answer.structured_content.get("result", answer.structured_content)


async def test_levels_are_those_of_the_session_nearest_first_with_their_sentences(session: SessionView) -> None:
    first, second = await asked(session, "", "levels")
    assert (first["id"], first["signal"], first["score"]) == ("ROUND_4805", "BREAK", 84.25)
    assert first["sentence"] == "bids pulled 158 against 10 added in 10 s, none eaten"
    assert (second["id"], second["barrier"], second["score"]) == ("mine", "MISSING", None)


async def test_why_gives_the_sentence_and_what_the_score_is_made_of(session: SessionView) -> None:
    told = await asked(session, "", "why", level="round_4805")
    assert told["note"] == "bids pulled 158 against 10 added in 10 s, none eaten"
    assert told["attribution"] == {"barrier": 29.0, "tape": 5.25, "fuel": None}
    assert told["barrier"]["pulled"] == 158
    assert told["runway"]["next_obstacle"] == {"id": "mine", "price": 4803.0}


async def test_a_level_that_there_is_not_is_answered_with_those_that_there_are(session: SessionView) -> None:
    said = await asked(session, "", "why", level="ROUND_1")
    assert "ROUND_1: no such level is published now; the levels are ROUND_4805, mine" in said


async def test_outcomes_are_the_alerts_of_which_they_are_known(session: SessionView) -> None:
    alerts = await asked(session, "", "alerts")
    assert [alert["id"] for alert in alerts] == ["a0", "a1"]
    [known] = await asked(session, "", "outcomes")
    assert (known["id"], known["outcome"]) == ("a1", "1.25 points beyond the level after 30 s")


async def test_the_session_says_what_it_is_and_that_nothing_is_measured(session: SessionView) -> None:
    told = await asked(session, "", "session")
    assert told["symbol"] == SCENE.header.symbol
    assert [light["name"] for light in told["inputs"]] == [trust.name for trust in SCENE.trust]
    assert "not measured" in told["note"]


async def test_a_query_gives_rows_up_to_its_limit_and_says_that_there_are_more(lake: Path) -> None:
    found = await asked(NOBODY, lake, "query", sql="SELECT level_id, score FROM signals ORDER BY 1", most=2)
    assert found["columns"] == ["level_id", "score"]
    assert (len(found["rows"]), found["more"]) == (2, True)
    [[count]] = (await asked(NOBODY, lake, "query", sql="SELECT count(*) FROM signals"))["rows"]
    assert count > 2


async def test_of_several_runs_of_a_date_a_query_sees_the_one_that_counts(lake: Path) -> None:
    ask = "SELECT count(*) FROM futures_mbp10"
    [[before]] = (await asked(NOBODY, lake, "query", sql=ask))["rows"]
    record(lake, three_hours().stored, msgspec.structs.replace(RUN, id="20240109T120000Z-2"))
    assert (await asked(NOBODY, lake, "query", sql=ask))["rows"] == [[before]]


async def test_times_and_what_is_no_number_come_as_json_has_them(lake: Path) -> None:
    sql = "SELECT min(ts_event), 'nan'::DOUBLE, 1700000000123456789 FROM futures_mbp10"
    [[first, nothing, large]] = (await asked(NOBODY, lake, "query", sql=sql))["rows"]
    assert first.startswith("2024-01-05T14:30:00")
    assert (nothing, large) == (None, 1_700_000_000_123_456_789)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "DROP VIEW signals",
        "CREATE TABLE mine AS SELECT 1",
        "COPY (SELECT 1) TO '{here}/out.csv'",
        "SET enable_external_access = true",
        "ATTACH '{here}/other.db'",
        "SELECT * FROM read_csv('{here}/secret.csv')",
        "SELECT * FROM '{here}/secret.csv'",
        "not a statement",
    ],
)
async def test_a_query_reaches_the_lake_s_tables_and_nothing_else(lake: Path, tmp_path: Path, sql: str) -> None:
    (tmp_path / "secret.csv").write_text("a,b\n1,hidden\n", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    said = await asked(NOBODY, lake, "query", sql=sql.format(here=tmp_path))
    assert isinstance(said, str)
    assert "query: " in said
    assert "hidden" not in said
    assert sorted(tmp_path.rglob("*")) == before


async def test_the_tables_of_the_lake_are_told_with_their_columns(lake: Path) -> None:
    told = {table["table"]: table["columns"] for table in await asked(NOBODY, lake, "tables")}
    assert {"signals", "alerts", "futures_mbp10", "control"} <= set(told)
    assert told["signals"]["score"] == "DOUBLE"


@pytest.mark.parametrize(("tool", "arguments"), [("levels", {"most": 0}), ("query", {"sql": "SELECT 1", "most": 5000})])
async def test_a_limit_out_of_range_is_refused(
    session: SessionView, lake: Path, tool: str, arguments: dict[str, Any]
) -> None:
    assert "is out of range; give 1 to" in await asked(session, lake, tool, **arguments)


async def test_without_a_session_and_without_a_lake_each_says_what_to_do() -> None:
    assert "none is running here; start one" in await asked(NOBODY, "", "levels")
    assert "name one with --lake ROOT" in await asked(NOBODY, "", "tables")


async def test_every_tool_says_that_it_only_reads() -> None:
    async with Client(made_server(Tools(NOBODY, LakeView("", "", "", NOBODY)))) as client:
        tools = (await client.list_tools()).tools
    assert len(tools) == 7
    assert all(tool.annotations is not None and tool.annotations.read_only_hint for tool in tools)
    assert all(tool.description for tool in tools)


async def test_the_command_serves_over_its_standard_input_and_output(lake: Path) -> None:
    command = ["-c", "from spymaster.cli.entry import main; main()", "mcp", "--lake", str(lake)]
    async with Client(StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))) as client:
        answer = await client.call_tool("query", {"sql": "SELECT count(*) AS n FROM alerts"})
    assert answer.structured_content is not None
    assert answer.structured_content["columns"] == ["n"]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, None])
def test_the_command_ends_by_a_signal_and_when_nobody_asks_any_more(lake: Path, ending: signal.Signals | None) -> None:
    command = [sys.executable, "-c", "from spymaster.cli.entry import main; main()", "mcp", "--lake", str(lake)]
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    first = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(first).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "spymaster-tui"
        if ending is None:
            process.stdin.close()
        else:
            process.send_signal(ending)
        # to its end before its input is closed, however long that takes
        assert process.wait(PATIENCE_S) == (0 if ending is None else 128 + ending)
