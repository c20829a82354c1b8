"""Publishes copies of a lake, each in a process that is killed one step later than the one before, then again.

``python -m tests.support.killed_publisher LAKE FOLDER`` prints, for each step, a line of JSON: what the second attempt
made of what the first one left. A step is a file that is created or a commit. The process that forks runs no threads.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io import pyarrow as iceberg_files

from spymaster.lake.catalog import Lake
from spymaster.lake.publish.catalog import open_catalog
from spymaster.lake.publish.publish import publish
from spymaster.lake.storage.files import LocalStorage

MOST_STEPS = 200


def published(root: Path) -> list[Any]:
    """(table, rows, files) of each table, which hold every file once."""
    storage = LocalStorage(root)
    catalog = open_catalog(storage)
    list(publish(Lake(storage), catalog, "spymaster"))
    found = []
    for name in sorted(catalog.list_tables("spymaster")):
        table = catalog.load_table(name)
        paths = [task.file.file_path for task in table.scan().plan_files()]
        assert len(paths) == len(set(paths)), "a file is there twice"
        found.append([name[-1], table.scan().to_arrow().num_rows, len(paths)])
    return found


def die_at(step: int) -> None:
    """Have this process killed when it has done so many steps."""
    left = step

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **options)

        return call

    for owner, name in ((iceberg_files.PyArrowFile, "create"), (SqlCatalog, "commit_table")):
        setattr(owner, name, counted(getattr(owner, name)))


def in_child(work: Callable[[], None]) -> int:
    """Run in a process of its own; how it ended, as ``os.waitstatus_to_exitcode`` says."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            sys.stdout.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(lake: Path, folder: Path) -> None:
    """Kill one step later each time, until nothing is left to kill."""
    for step in range(MOST_STEPS):
        root = folder / str(step)
        shutil.copytree(lake, root)

        def killed(root: Path = root, step: int = step) -> None:
            die_at(step)
            published(root)

        def again(root: Path = root, step: int = step) -> None:
            print(json.dumps([step, published(root)]))

        first = in_child(killed)
        if in_child(again) != 0:
            sys.exit(f"step {step}: the second attempt failed")
        shutil.rmtree(root)
        if first == 0:
            return
        if first != -signal.SIGKILL:
            sys.exit(f"step {step}: ended with {first}, not by the kill")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
