"""The MCP server: tools by which a program asks a Session and its lake, over its own standard input and output."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, Final

from spymaster.bus.programs.answers import (
    NOT_MEASURED,
    AlertAnswer,
    LevelAnswer,
    SessionAnswer,
    alert_answers,
    level_answers,
    session_answer,
    why_answer,
)
from spymaster.bus.programs.views import LakeView, SessionView
from spymaster.errors import UserError
from spymaster.lake.read_only import MOST_ROWS, read_rows, tables

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

_INSTRUCTIONS: Final = (
    "Looks at a running session of spymaster-tui, and at the lake of what was recorded. Levels are prices of SPY or "
    "ES; a score of 0 to 100 says whether a level will hold (low) or break (high), 50 is no evidence, null is not "
    f"judged. Nothing can be changed from here. {NOT_MEASURED}"
)
_PUBLISHED: Final = 64


@dataclass(frozen=True)
class TableAnswer:
    """A table of the lake and its columns, each with its DuckDB type."""

    table: str
    columns: dict[str, str]


@dataclass(frozen=True)
class RowsAnswer:
    """Rows of a query. ``more``: there were more of them than were asked for."""

    columns: list[str]
    rows: list[list[str | int | float | bool | None]]
    more: bool


class Tools:
    """What can be asked. Every method may run in any thread, and raises UserError."""

    def __init__(self, session: SessionView, lake: LakeView) -> None:
        self._session, self._lake = session, lake

    def session(self) -> SessionAnswer:
        """How the session stands: source, market, time, trust in each input, recording."""
        return session_answer(*self._session.frame())

    def levels(self, most: Annotated[int, f"1 to {_PUBLISHED}"] = 12) -> list[LevelAnswer]:
        """The price levels near the market, the nearest first: score, signal, barrier, a sentence."""
        return level_answers(self._session.frame()[0], _within("most", most, _PUBLISHED))

    def why(self, level: Annotated[str, "its id, such as ROUND_6875"]) -> dict[str, Any]:
        """Why a level has its score: the plain sentence (note), each force's share of it (attribution, forces), and
        barrier, tape, fuel, order flow, runway and confluence in numbers."""
        return why_answer(self._session.frame()[0], level)

    def alerts(self, most: Annotated[int, "1 to 100"] = 20) -> list[AlertAnswer]:
        """The latest alerts of the session, the newest first; resolved is null while one is on."""
        return alert_answers(self._session.frame()[0], _within("most", most, 100))

    def outcomes(self, most: Annotated[int, "1 to 100"] = 20) -> list[AlertAnswer]:
        """Alerts of the session of which it is known what became of them, the newest first. Those of earlier days are
        in the lake: query the table alerts."""
        return alert_answers(self._session.frame()[0], _within("most", most, 100), told=True)

    def tables(self) -> list[TableAnswer]:
        """The tables of the lake and their columns, for query."""
        return [TableAnswer(table, dict(columns)) for table, columns in tables(self._lake.opened()).items()]

    def query(
        self,
        sql: Annotated[str, "one SELECT in DuckDB's SQL"],
        most: Annotated[int, f"1 to {MOST_ROWS}"] = 100,
    ) -> RowsAnswer:
        """Rows of the lake by one SELECT: signals and alerts are what was published, the others what arrived. Times are
        UTC."""
        found = read_rows(self._lake.opened(), sql, _within("most", most, MOST_ROWS))
        return RowsAnswer([name for name, _ in found.columns], [list(row) for row in found.rows], found.more)


def made_server(tools: Tools) -> MCPServer[Any]:
    """The server. Raises UserError without the extra."""
    try:
        from mcp.server.mcpserver import MCPServer
        from mcp.types import ToolAnnotations
    except ImportError:
        remedy = "install the extra: pip install 'spymaster-tui[mcp]'"
        raise UserError("mcp", "its package is not installed", remedy) from None
    server: MCPServer[Any] = MCPServer(
        "spymaster-tui", instructions=_INSTRUCTIONS, version=version("spymaster-tui"), log_level="ERROR"
    )
    looks = ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)
    for ask in (tools.session, tools.levels, tools.why, tools.alerts, tools.outcomes, tools.tables, tools.query):
        server.add_tool(_worded(ask), annotations=looks, structured_output=True)
    return server


def _worded(ask: Callable[..., Any]) -> Callable[..., Any]:
    """The same, whose error for a user is told in its own words: the library keeps those of any other to itself."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(ask)
    def worded(*given: Any, **named: Any) -> Any:
        try:
            return ask(*given, **named)
        except UserError as error:
            raise ToolError(str(error)) from None

    return worded


def _within(name: str, given: int, most: int) -> int:
    if not 1 <= given <= most:
        raise UserError(name, f"{given} is out of range", f"give 1 to {most}")
    return given
