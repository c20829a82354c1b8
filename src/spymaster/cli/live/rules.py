"""What rings and what one's own rules watch, put together for a command: from the configuration and its files."""

from __future__ import annotations

import time
from pathlib import Path

from spymaster.alerts.watch import RuleWatch
from spymaster.config.loader import load_config, user_config_path
from spymaster.config.structs import Config


def alert_watch(
    config: Config, path: Path | None, *, judges: bool = True, runs_command: bool = True, is_market: bool = False
) -> RuleWatch:
    """A watch over a Session, not yet started. ``path``: the file of ``--config``; ``judges``: whether rules are wanted
    here; ``runs_command``: False on a screen that is attached, since the session itself runs it; ``is_market``: whether
    event time is the time of day, as on a market and not in a replay or a demo."""
    files = (user_config_path(), *((path,) if path is not None else ()))
    return RuleWatch(
        config.alerts,
        lambda: load_config(path).alerts,
        files,
        judges=judges,
        runs_command=runs_command,
        now_ns=time.time_ns if is_market else None,
    )
