"""The one error of this room."""

from __future__ import annotations


class ConfigError(ValueError):
    """The configuration cannot be used. The message is one line for the user: file, key path, remedy."""
