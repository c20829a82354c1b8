"""What is said when an export cannot be written."""

from __future__ import annotations

import os

from spymaster.errors import UserError


def refused(target: str, error: OSError) -> UserError:
    """The system's refusal to write, in one line."""
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    return UserError(target, f"cannot be written ({reason})", "free some space there or choose another --out")
