"""Adds the packaged data to a wheel: the default config, the themes and the one bundled recording.

With SPYMASTER_ENGINE=1 the compiled engine too, for x86-64-v3 and for this machine's kind of processor. Such a wheel is
for this interpreter and platform alone and requires the numba that the engine was made with.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE_DATA = {
    "config.toml": "spymaster/_data/config.toml",
    "themes": "spymaster/_data/themes",
    "recordings/first-look": "spymaster/_data/recordings/first-look",
}
"""Path in the checkout -> path in the wheel, read back by ``spymaster.resources``."""
ENGINE_VARIABLE = "SPYMASTER_ENGINE"
MACHINE = "machine"
"""The kind of processor the wheel is built on."""


class PackageDataHook(BuildHookInterface[Any]):
    """Force-includes ``PACKAGE_DATA`` in a wheel; an editable install reads the checkout itself."""

    def dependencies(self) -> list[str]:
        """What has to be there to build: to compile the engine, everything it runs with."""
        return list(self.metadata.core.dependencies) if _with_engine() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a build; ``version`` is ``standard`` or ``editable``."""
        if version != "standard":
            return
        build_data["force_include"].update(PACKAGE_DATA)
        if _with_engine():
            from importlib.metadata import version as version_of

            build_data["force_include"][self._engines()] = "spymaster/_engine"
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            build_data["dependencies"] = [f"numba=={version_of('numba')}", f"numpy=={version_of('numpy')}"]

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called by hatchling after a build: the engines are in the wheel."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    def _engines(self) -> str:
        """Compile the engine for each kind of processor; gives the folder they are in."""
        self._folder = tempfile.TemporaryDirectory(prefix="spymaster-engine-")
        folder = Path(self._folder.name)
        kinds: dict[str, dict[str, str]] = {MACHINE: {}}
        if platform.machine() in ("x86_64", "AMD64"):
            kinds["x86-64-v3"] = {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": ""}
        for kind, target in kinds.items():
            subprocess.run(
                [sys.executable, "-m", "spymaster.session.ship", str(folder / "engines" / kind)],
                env={
                    **os.environ,
                    **target,
                    "PYTHONPATH": str(Path(self.root) / "src"),
                    "SPYMASTER_KERNEL_CACHE": str(folder / f"cache-{kind}"),
                },
                check=True,
            )
        return str(folder / "engines")


def _with_engine() -> bool:
    return os.environ.get(ENGINE_VARIABLE, "") not in ("", "0")
