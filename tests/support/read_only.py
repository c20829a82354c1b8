"""A container-like run: chosen folders are read-only for one program, as in an image that nobody may change."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

_ENTER = """
set -e
mount --make-rprivate /
while [ "$1" != -- ]; do
    mount --bind "$1" "$1"
    mount -o remount,bind,ro "$1"
    shift
done
shift
exec "$@"
"""


def run_read_only(
    folders: Sequence[Path], command: Sequence[object], environment: Mapping[str, str], *, timeout_s: float = 300.0
) -> subprocess.CompletedProcess[str]:
    """Run a command to which the folders cannot be written; skips the test where the system does not let us."""
    inside = ["unshare", "-m", "bash", "-c", _ENTER, "bash"]
    if shutil.which("unshare") is None or os.geteuid() != 0:
        pytest.skip("only the superuser can give a program mounts of its own")
    probe = [*inside, *map(str, folders), "--", "true"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this system does not let us give a program mounts of its own")
    return subprocess.run(
        [*inside, *map(str, folders), "--", *map(str, command)],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
