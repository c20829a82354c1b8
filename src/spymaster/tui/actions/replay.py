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

    @property
    @abstractmethod
    def seeking(self) -> bool:
        """True while the replay is on its way to a moment."""

    @property
    @abstractmethod
    def level_meant(self) -> str:
        """Id of the level the screen is about; empty without one."""

    @abstractmethod
    def ask(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Ask the source for something."""

    def action_play_pause(self) -> None:
        """Play or pause; on the way to a moment, stop there."""
        self.ask(Command.CANCEL if self.seeking else Command.PAUSE if self.playing else Command.PLAY)

    def action_back_snap(self) -> None:
        """One snap back."""
        self.ask(Command.BACK_SNAP)

    def action_back_record(self) -> None:
        """One record back."""
        self.ask(Command.BACK_RECORD)

    def action_back_second(self) -> None:
        """One second back."""
        self.ask(Command.BACK_SECOND)

    def action_touch_next(self) -> None:
        """The next touch of the level the screen is about."""
        self.ask(Command.NEXT_TOUCH, subject=self.level_meant)

    def action_touch_previous(self) -> None:
        """The touch before this moment."""
        self.ask(Command.PREVIOUS_TOUCH, subject=self.level_meant)

    def action_loop_mark(self) -> None:
        """The beginning of a range to repeat, its end, or no range."""
        self.ask(Command.LOOP_MARK)

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
