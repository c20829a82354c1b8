"""What a kernel depends on: the module it stands in and all of ours that this module imports, however indirectly.

Read from the files as text, because the answer is needed before any of them is imported, and in a few milliseconds.
"""

from __future__ import annotations

import functools
import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

ENGINE_MODULES: Final = ("physics/engine.py", "physics/views.py")
"""The engine, and what screens read of it."""
_KERNEL_ROOMS: Final = ("market/", "physics/", "sim/")
"""Rooms whose constants kernels freeze: all of their modules count, with a kernel or without."""
_KERNEL_MARK: Final = b"@kernel"
_PACKAGE: Final = Path(__file__).resolve().parents[2]
_IMPORT: Final = re.compile(rb"^[ \t]*from[ \t]+(spymaster[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)", re.MULTILINE)
_PLAIN_IMPORT: Final = re.compile(rb"^[ \t]*import[ \t]+(spymaster[\w.]*)", re.MULTILINE)
_WORD: Final = re.compile(rb"\w+")


def kernel_source_hash(package_root: Path) -> str:
    """Hash, by name and content, of every module with a kernel and of the rooms whose constants kernels freeze."""
    digest = hashlib.sha256()
    for path in sorted(package_root.rglob("*.py")):
        name = path.relative_to(package_root).as_posix()
        content = path.read_bytes()
        if name.startswith(_KERNEL_ROOMS) or _KERNEL_MARK in content:
            digest.update(name.encode())
            digest.update(content)
    return digest.hexdigest()[:16]


class Sources:
    """The modules of a package as kernels depend on them. Each is read once."""

    def __init__(self, package_root: Path) -> None:
        self._root = package_root
        self._read: dict[str, tuple[bytes, tuple[str, ...]] | None] = {}

    def closure(self, names: Sequence[str]) -> dict[str, bytes]:
        """Hashes of modules and of all that they import of the package, by path within it, sorted."""
        found: dict[str, bytes] = {}
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            module = self._module(name)
            if module is not None:
                found[name] = module[0]
                waiting.extend(module[1])
        return dict(sorted(found.items()))

    def hash_of(self, *names: str) -> str:
        """A hash of modules and of all that they import of the package."""
        digest = hashlib.sha256()
        for name, content in self.closure(names).items():
            digest.update(name.encode())
            digest.update(content)
        return digest.hexdigest()[:24]

    def name_of(self, file: str) -> str | None:
        """How a module of the package is named here; None for one of another."""
        path = Path(file).resolve()
        name = path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else ""
        return name if name and self._module(name) is not None else None

    def _module(self, name: str) -> tuple[bytes, tuple[str, ...]] | None:
        if name not in self._read:
            try:
                content = (self._root / name).read_bytes()
            except OSError:
                self._read[name] = None
            else:
                self._read[name] = hashlib.sha256(content).digest(), tuple(self._imported(content))
        return self._read[name]

    def _imported(self, content: bytes) -> Iterator[str]:
        for match in _IMPORT.finditer(content):
            base = match[1].decode()
            for name in self._files(base):
                yield name
                if name.endswith("__init__.py"):
                    for word in _WORD.findall(match[2]):
                        yield from self._files(f"{base}.{word.decode()}")
        for match in _PLAIN_IMPORT.finditer(content):
            yield from self._files(match[1].decode())

    def _files(self, module: str) -> Iterator[str]:
        """Where a module of the package stands, if there is one of that name."""
        place = "/".join(module.split(".")[1:])
        for name in (f"{place}.py" if place else "", f"{place}/__init__.py" if place else "__init__.py"):
            if name and self._module(name) is not None:
                yield name


@functools.cache
def sources() -> Sources:
    """This package's. Read once: what a process runs does not change with the files."""
    return Sources(_PACKAGE)


@functools.cache
def kernel_hash(function: Callable[..., Any]) -> str:
    """A hash of everything a kernel depends on but its arguments: what it is, where it stands, what is imported there.

    Values that a function of functions gave it count as well.
    """
    ours = sources()
    held = [cell.cell_contents for cell in function.__closure__ or ()]
    code = function.__code__
    name = ours.name_of(code.co_filename)
    if name is None:
        # of another package, typed in, or made by a program: nothing says what it depends on
        return uuid.uuid4().hex
    what = f"{function.__module__}|{function.__qualname__}|{code.co_firstlineno}|{held!r}"
    return hashlib.sha256(f"{what}|{ours.hash_of(name)}".encode()).hexdigest()


@functools.cache
def engine_hash() -> str:
    """A hash of everything an engine and its views depend on."""
    return sources().hash_of(*ENGINE_MODULES)


@functools.cache
def engine_kernels() -> int:
    """How many kernels there are in what an engine and its views are made of."""
    return sum((_PACKAGE / name).read_bytes().count(b"\n@kernel") for name in sources().closure(ENGINE_MODULES))
