"""The keys that play, step and speed up a replay."""

from __future__ import annotations

from abc import abstractmethod

from spymaster.signals.frame import Command


class ReplayActions:
    """Actions of scope REPLAY for a screen that can ask its source."""

    @property
    @abstractmethod
    def playing(self) -> bool:
        """True while event time runs."""

    @abstractmethod
    def ask(self, command: Command) -> None:
        """Ask the source for something."""

    def action_play_pause(self) -> None:
        """Play or pause."""
        self.ask(Command.PAUSE if self.playing else Command.PLAY)

    def action_step_snap(self) -> None:
        """One snap on."""
        self.ask(Command.STEP_SNAP)

    def action_step_record(self) -> None:
        """One record on."""
        self.ask(Command.STEP_RECORD)

    def action_step_second(self) -> None:
        """One second on."""
        self.ask(Command.STEP_SECOND)

    def action_slower(self) -> None:
        """Half the speed."""
        self.ask(Command.SLOWER)

    def action_faster(self) -> None:
        """Twice the speed."""
        self.ask(Command.FASTER)

    def action_restart(self) -> None:
        """From the beginning."""
        self.ask(Command.RESTART)
