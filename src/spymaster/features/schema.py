"""How a feature is described, and the one number by which a model knows that it is given what it was made for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of a model. ``unit``; ``look_back_s``: how far back its value reaches beyond what the published columns
    of the snap hold themselves; ``source``: those columns; ``doc``: what it says. Positive speaks for a break where a
    sign means anything."""

    name: str
    unit: str
    look_back_s: float
    source: tuple[str, ...]
    doc: str


def schema_hash(features: Sequence[Feature], settings: Mapping[str, float]) -> str:
    """SHA-256 of the features in their order and the settings they are computed with, hexadecimal."""
    told = {"features": [asdict(feature) for feature in features], "settings": dict(settings)}
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
