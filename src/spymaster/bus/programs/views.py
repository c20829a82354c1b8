"""A running Session and a lake as a program may look at them: each may be missing, and then it is said."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from spymaster.bus.attach.source import AttachSource
from spymaster.errors import UserError
from spymaster.lake.catalog import Lake
from spymaster.lake.storage.opening import open_storage
from spymaster.signals.frame import Frame

FIRST_FRAME_S: Final = 10.0
"""How long the first question waits for the session to answer."""
_LOOK_S: Final = 0.02


class SessionView:
    """A running Session. ``source``: None where none was named. May be asked from any thread."""

    def __init__(self, source: AttachSource | None, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._source = source
        self._wait = wait

    @property
    def out(self) -> str:
        """Where the Session records, empty where it does not tell."""
        hello = None if self._source is None else self._source.hello
        return "" if hello is None else hello.out

    def frame(self, patience_s: float = FIRST_FRAME_S) -> tuple[Frame, float | None, str]:
        """The latest frame, its age in seconds, and why there is no connection (empty while there is one).

        Raises UserError where there is no session, or none has answered yet.
        """
        source = self._source
        if source is None:
            raise UserError("session", "none is running here", "start one, or name its folder or its gateway")
        give_up_s = time.monotonic() + patience_s
        while True:
            frame, standing = source.latest(), source.standing
            if frame is not None and frame.number >= 0:
                return frame, standing.age_s, standing.lost
            if source.refused or time.monotonic() > give_up_s:
                raise UserError("session", standing.lost or "it has not answered yet", "see that it runs")
            self._wait(_LOOK_S)


class LakeView:
    """A lake, opened anew for each question, because a running session adds to it.

    ``root``: the one that was named, empty for that of the session; ``otherwise``: where that does not tell its own.
    """

    def __init__(self, root: str, otherwise: str, s3_endpoint: str, session: SessionView) -> None:
        self._root, self._otherwise, self._s3_endpoint, self._session = root, otherwise, s3_endpoint, session

    def opened(self) -> Lake:
        """The lake. Raises UserError where there is none."""
        root = self._root or self._session.out or self._otherwise
        if not root:
            raise UserError("lake", "none is known", "name one with --lake ROOT")
        lake = Lake(open_storage(root, s3_endpoint=self._s3_endpoint))
        lake.check_there_is_one()
        return lake
