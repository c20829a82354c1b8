"""What every form of recording looks like to a replay, whatever its bytes stand in."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol

from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.streams.seekable import SeekableFile
from spymaster.market.frames import ConfigFrame, Frame
from spymaster.signals.headless import Ignored


class RecordedSource(Protocol):
    """A source with a known span, to be entered where a frame began before.

    ``first_ns``, ``last_ns``: earliest and latest time it may hold, ns.
    ``trades_missing``, ``trades_extra``: among trades files beside depth, complete once all frames have been read.
    """

    first_ns: int
    last_ns: int
    trades_missing: int
    trades_extra: int

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong, a line each; complete once the frames have been read."""
        ...

    @property
    def is_torn(self) -> bool:
        """Whether it ended early; everything before that was used."""
        ...

    @property
    def at_records(self) -> bool:
        """Whether the latest frame is one that can be gone on from."""
        ...

    def rejected(self) -> dict[str, int]:
        """Records that had to be left out before the engine saw them, by reason."""
        ...

    def ignored(self) -> tuple[Ignored, ...]:
        """Quotes, trades and depth that were read and not used, complete once all frames have been read."""
        ...

    def config_frame(self) -> ConfigFrame:
        """The CONFIG that comes first."""
        ...

    def frames(self) -> Generator[Frame, None, None]:
        """CONFIG and everything after it, a further CONFIG where the contract changes; may be asked for again."""
        ...

    def position(self) -> bytes:
        """Where the frame after the latest one begins."""
        ...

    def frames_from(self, position: bytes) -> Generator[Frame, None, None]:
        """The frames from a position on, without the CONFIG in force there. Raises ValueError for what is none of this
        source."""
        ...

    def identity(self) -> bytes:
        """What tells these frames from all others, for caches."""
        ...

    def make_seekable(self, open_copy: Callable[[DbnFile], SeekableFile | None]) -> None:
        """Have compressed files read through copies that can be entered anywhere, where there is one."""
        ...

    def close(self) -> None:
        """Stop reading. Safe to call twice."""
        ...
