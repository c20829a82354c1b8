"""How a feature is described, and the one number by which a model knows that it is given what it was made for."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass


class Group(enum.StrEnum):
    """What a feature rests on: left out or used alone, it says what that part is worth."""

    UNGROUPED = ""
    GEOMETRY = "geometry"
    """Where price and levels are, and how they came there."""
    BOOK_TAPE = "book_tape"
    """What rests in the book and what trades."""
    FUEL = "fuel"
    """What dealers have to hedge."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of a model. ``unit``; ``look_back_s``: how far back its value reaches beyond what the published columns
    of the snap hold themselves; ``source``: those columns; ``doc``: what it says; ``group``: what it rests on. Positive
    speaks for a break where a sign means anything."""

    name: str
    unit: str
    look_back_s: float
    source: tuple[str, ...]
    doc: str
    group: Group = Group.UNGROUPED


def schema_hash(features: Sequence[Feature], settings: Mapping[str, float]) -> str:
    """SHA-256 of the features in their order and the settings they are computed with, hexadecimal.

    A feature without a group is told without one, as it was before there were groups.
    """
    told = {"features": [_told(feature) for feature in features], "settings": dict(settings)}
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _told(feature: Feature) -> dict[str, object]:
    words = asdict(feature)
    if feature.group is Group.UNGROUPED:
        del words["group"]
    return words
