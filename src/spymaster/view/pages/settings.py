"""Settings: each thing that is set, its value, where that comes from, and what it means."""

from __future__ import annotations

from collections.abc import Sequence

from spymaster.config.origins import DEFAULT, Setting
from spymaster.view.drawing.cells import Line, Row, Rows, blank, clip
from spymaster.view.pages.blocks import text_line

_BESIDE: int = 150
"""From here on the meaning stands beside the value."""


def settings_rows(settings: Sequence[Setting], width: int, find: str = "") -> Rows:
    """All settings under the heads of their tables; what was changed from its default stands first. ``find``: only
    those whose name, value, source or meaning holds it."""
    wanted = [each for each in settings if _holds(each, find)]
    changed = [each for each in wanted if each.source not in (DEFAULT, "nowhere")]
    rows: list[Row] = []
    if changed:
        rows += [text_line("NOT AS PACKAGED", width, "muted", bold=True), *_listed(changed, width, full=True)]
    for head, group in _groups([each for each in wanted if each not in changed]):
        if rows:
            rows.append(blank(width))
        rows += [text_line(head, width, "muted", bold=True), *_listed(group, width, full=False)]
    return tuple(rows)


def _holds(setting: Setting, find: str) -> bool:
    text = " ".join((setting.name, setting.value, setting.source, setting.meaning))
    return find.lower() in text.lower()


def _groups(settings: Sequence[Setting]) -> list[tuple[str, list[Setting]]]:
    groups: dict[str, list[Setting]] = {}
    for setting in settings:
        table = setting.name.rpartition(".")[0]
        groups.setdefault(f"[{table}]" if table else "ENVIRONMENT", []).append(setting)
    return list(groups.items())


def _listed(settings: Sequence[Setting], width: int, *, full: bool) -> list[Row]:
    """``full``: names with their tables."""
    name_cells = min(max((len(_name(each, full)) for each in settings), default=0), 40, width // 2)
    value_cells = min(max((len(each.value) for each in settings), default=0), 28, width // 3)
    return [row for each in settings for row in _rows_of(each, width, name_cells, value_cells, full)]


def _name(setting: Setting, full: bool) -> str:
    return setting.name if full else setting.name.rpartition(".")[2]


def _rows_of(setting: Setting, width: int, name_cells: int, value_cells: int, full: bool) -> list[Row]:
    line = Line(width)
    is_default = setting.source in (DEFAULT, "nowhere")
    line.put(0, clip(_name(setting, full), name_cells), "text" if is_default else "bright")
    at = name_cells + 2
    room = width - at
    if len(setting.value) > value_cells and width < _BESIDE and is_default:
        line.put(at, clip(setting.value, room), "text")
        return [line.row()]
    line.put(at, clip(setting.value, value_cells), "text" if is_default else "bright", bold=not is_default)
    at += value_cells + 2
    if not is_default:
        at = line.put(at, clip(setting.source, max(width - at, 0)), "degraded") + 3
    line.put(at, clip(setting.meaning, max(width - at, 0)), "muted")
    return [line.row()]
