"""The JSON Schemas of the published messages, made from their Structs."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from spymaster.signals.alert_structs import AlertMessage
from spymaster.signals.flow.structs import MarketFlow
from spymaster.signals.said.viewport import LevelsViewport
from spymaster.signals.structs import LevelSignals

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def signals_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``levels.signals``."""
    schema = _schema("levels.signals", LevelSignals)
    schema["$defs"]["LevelSignals"]["oneOf"] = [{"required": ["spy"]}, {"required": ["es"]}]
    return schema


def alerts_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``alerts``."""
    return _schema("alerts", AlertMessage)


def flow_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``market.flow``."""
    return _schema("market.flow", MarketFlow)


def viewport_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``levels.viewport``."""
    return _schema("levels.viewport", LevelsViewport)


def _schema(title: str, message: Any) -> dict[str, Any]:
    return {"$schema": _DIALECT, "title": title, **msgspec.json.schema(message)}
