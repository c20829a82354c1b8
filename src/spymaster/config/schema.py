"""The configuration's JSON Schema, for editors and for checks outside Python."""

from __future__ import annotations

from typing import Any

import msgspec

from spymaster.config.structs import Config


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``config.toml``, made from the Structs."""
    schema = msgspec.json.schema(Config)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "spymaster-tui configuration", **schema}
