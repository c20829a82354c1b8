"""What a step is: either it watches an engine's pass over a day, shared with others, or it works by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from spymaster.market.frames import ConfigFrame
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.research.day import Day, Settings
from spymaster.session.sources.forms import Form

FILES, JOURNAL, LAKE = Form.FILES, Form.JOURNAL, Form.LAKE
ANY_FORM = frozenset({FILES, JOURNAL, LAKE})


class Made(NamedTuple):
    """What a step has written: the rows of each file by path, and figures for the receipt."""

    rows: Mapping[str, int]
    facts: dict[str, Any]


class Begin(NamedTuple):
    """What a step that watches is given at the beginning. ``folder``: where it writes; ``frame``: the first CONFIG."""

    day: Day
    folder: Path
    frame: ConfigFrame


class Watcher(Protocol):
    """Watches one pass of an engine. Whatever it raises ends its own step and no other."""

    def on_block(self, block: SnapBlock) -> None:
        """Take consecutive snaps; the arrays are valid during the call."""
        ...

    def after_frame(self, engine: Engine) -> None:
        """The engine has lived a frame of records."""
        ...

    def at_change(self, engine: Engine) -> None:
        """The engine is about to begin anew with another contract."""
        ...

    def finish(self, engine: Engine) -> Made:
        """The day is over: write what is left."""
        ...

    def discard(self) -> None:
        """The day could not be lived to its end: let go of open files."""
        ...


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table. ``code``: modules whose sources, with all they import, the result depends on.

    ``is_configured``: whether it depends on the configuration. ``forms``: the sources it can be asked of. Of ``watch``
    and ``work`` it has one: a watcher of the engine's pass, which needs the rows of levels or the ledger of flows or
    not, or a function that works by itself.
    """

    code: tuple[str, ...]
    is_configured: bool = True
    forms: frozenset[Form] = ANY_FORM
    watch: Callable[[Begin], Watcher] | None = None
    needs_rows: bool = True
    needs_flows: bool = False
    work: Callable[[Day, Settings, Path], Made] | None = None
