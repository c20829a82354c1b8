"""Adds the packaged data to a wheel: the default config, the themes and the one bundled recording."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE_DATA = {
    "config.toml": "spymaster/_data/config.toml",
    "themes": "spymaster/_data/themes",
    "recordings/first-look": "spymaster/_data/recordings/first-look",
}
"""Path in the checkout -> path in the wheel, read back by ``spymaster.resources``."""


class PackageDataHook(BuildHookInterface[Any]):
    """Force-includes ``PACKAGE_DATA`` in a wheel; an editable install reads the checkout itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a build; ``version`` is ``standard`` or ``editable``."""
        if version == "standard":
            build_data["force_include"].update(PACKAGE_DATA)
