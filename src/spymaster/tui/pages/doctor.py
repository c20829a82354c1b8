"""The doctor on the screen: what ``spymaster-tui doctor`` finds, looked at beside whatever runs."""

from __future__ import annotations

import asyncio
import contextlib
import threading

from spymaster.errors import UserError
from spymaster.signals.frame import Frame
from spymaster.tui.pages.page import PageScreen
from spymaster.view.drawing.cells import Rows
from spymaster.view.pages.doctor import Finding, TerminalSeen, doctor_rows


class DoctorScreen(PageScreen):
    """Looks once, in a thread of its own, when it is opened; each finding is shown as soon as it is there."""

    NAME = "doctor"
    TITLE_WORDS = ("DOCTOR", "this machine; spymaster-tui doctor --feeds connects to the vendors too")
    _findings: tuple[Finding, ...] = ()
    _is_done = False

    def on_mount(self) -> None:
        """Begin to look."""
        super().on_mount()
        link, look = self.host.link_state(), self._options.doctor
        colours = self._options.colour.name.lower()
        seen = TerminalSeen(self.size.width, self.size.height, colours, link.rtt_s, link.capacity)
        loop = asyncio.get_running_loop()

        def work() -> None:
            try:
                for one in look(seen) if look is not None else ():
                    self._findings = (*self._findings, one)
                    self._tell(loop)
            except (OSError, UserError) as error:
                self._findings = (*self._findings, Finding("doctor", False, str(error)))
            self._is_done = True
            self._tell(loop)

        threading.Thread(target=work, name="doctor", daemon=True).start()

    @property
    def is_done(self) -> bool:
        """Whether everything has been looked at."""
        return self._is_done

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        # the application may have ended meanwhile
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._found)

    def _found(self) -> None:
        if self.is_mounted:
            self.redraw()

    def rows(self, frame: Frame | None, width: int) -> Rows:
        """What was found so far."""
        return doctor_rows(self._findings, self._is_done, width, self._options.glyphs)
