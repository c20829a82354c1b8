"""What lies beside the files of a vendor's batch download: the condition of its days, and the names of its ids."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from spymaster.feeds.dbn.header import SymbolSpan
from spymaster.market.manifest import MANIFEST_NAME

_CONDITION: Final = "condition.json"
_SYMBOLOGY: Final = "symbology.json"
_OWN_KEYS: Final = frozenset({"simulated", "profile", "symbol", "records"})
"""Keys of a recording's own manifest that no vendor's has."""


class Condition(enum.StrEnum):
    """What a vendor says about its data of a UTC day, where that lowers trust."""

    DEGRADED = "degraded"
    MISSING = "missing"


class VendorNotes(msgspec.Struct, frozen=True):
    """``conditions``: the days that are not as they should be. ``spans``: which symbol was which id. ``problems``: a
    line for each file that was not understood."""

    conditions: Mapping[dt.date, Condition] = {}
    spans: tuple[SymbolSpan, ...] = ()
    problems: tuple[str, ...] = ()


class _Day(msgspec.Struct):
    date: dt.date
    condition: str


class _Interval(msgspec.Struct):
    d0: dt.date
    d1: dt.date
    s: str


class _Symbology(msgspec.Struct):
    result: dict[str, list[_Interval]]


def is_own_manifest(folder: Path) -> bool:
    """Whether a folder's ``manifest.json`` is a recording's: told by its content. One that is no JSON is taken for it,
    so that damage is said."""
    try:
        content = msgspec.json.decode((folder / MANIFEST_NAME).read_bytes())
    except OSError:
        return (folder / MANIFEST_NAME).is_file()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return True
    return isinstance(content, dict) and not _OWN_KEYS.isdisjoint(content)


def vendor_notes(folder: Path) -> VendorNotes:
    """Read what lies in a folder of a vendor's files; what is absent says nothing."""
    problems: list[str] = []
    days = _read(folder / _CONDITION, list[_Day], "the condition of its days is not known", problems) or []
    conditions = {day.date: Condition(day.condition) for day in days if day.condition in set(Condition)}
    symbology = _read(folder / _SYMBOLOGY, _Symbology, "names that only it holds are not known", problems)
    spans = _spans(symbology.result) if symbology is not None else ()
    return VendorNotes(conditions, spans, tuple(problems))


def _read(path: Path, kind: Any, consequence: str, problems: list[str]) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        problems.append(f"{path}: not understood ({why}); {consequence}")
        return None


def _spans(result: Mapping[str, list[_Interval]]) -> tuple[SymbolSpan, ...]:
    spans = []
    for name, intervals in result.items():
        for interval in intervals:
            symbol, number = (interval.s, name) if name.isdecimal() else (name, interval.s)
            if number.isdecimal() and symbol and not symbol.isdecimal():
                spans.append(SymbolSpan(symbol, int(number), interval.d0, interval.d1))
    return tuple(sorted(spans, key=lambda span: (span.start_date, span.instrument_id, span.symbol)))
