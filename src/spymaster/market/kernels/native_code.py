"""Compiled kernels as object files: loaded and called without numba, which is for compiling alone.

A kernel takes its arguments in numba's order: an integer, a float and a flag as they are, a record as its address, an
array as two null pointers (nobody counts references to it), its number of items, the size of one, its address, shape
and strides; a tuple as its members. The engine's are two hundred words, more than Python hands over quickly one by one,
so they stand side by side in memory, eight bytes each. A kernel returns a status, and its value through a pointer.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

Kinds: TypeAlias = tuple[Any, ...]
"""What arguments are, flat: a class for a scalar; dtype, dimensions and flags for an array; two equal ones match."""
Returns: TypeAlias = "str | list[Any] | None"
"""What a kernel returns: the letter of a scalar, a list of members, None for nothing."""

_READ_ONLY_STATUS: Final = (0, -2)
"""Statuses of numba's convention that are no error: a value, and no value."""
_C_TYPES: Final[dict[str, Any]] = {
    "p": ctypes.c_void_p,
    "i64": ctypes.c_int64,
    "i32": ctypes.c_int32,
    "i16": ctypes.c_int16,
    "i8": ctypes.c_int8,
    "i1": ctypes.c_bool,
    "u64": ctypes.c_uint64,
    "u32": ctypes.c_uint32,
    "u16": ctypes.c_uint16,
    "u8": ctypes.c_uint8,
    "bool": ctypes.c_bool,
    "double": ctypes.c_double,
    "float": ctypes.c_float,
}
_CELLS: Final = {"p": "Q", "u64": "Q", "u32": "Q", "u16": "Q", "u8": "Q", "double": "d", "float": "f4x"}
"""How a word of a type stands in its eight bytes, for ``struct``; those not named are signed integers."""
_C_ORDER: Final = 0x001
_FORTRAN_ORDER: Final = 0x002
_LAYOUT_FLAGS: Final = 0x503
"""Bits of ``ndarray.flags`` that change what a kernel is compiled for: order, alignment, whether it can be written."""
_WORD_BYTES: Final = 8
_LEAST_INT: Final = -(2**63)
_BEYOND_INT: Final = 2**63


class NotNativeError(Exception):
    """Something that kernels are not called with, or do not do, here: numba itself has to be asked."""


@dataclass(frozen=True, slots=True)
class Root:
    """A kernel compiled with all that it calls, ready to be loaded and called by Python."""

    symbol: str
    """Of the function that takes its words from memory."""
    letters: tuple[str, ...]
    """The types of its words."""
    returns: Returns
    code: bytes
    """An object file."""


def _address_in(offset: int) -> Callable[[Any], int]:
    def address(value: Any) -> int:
        return ctypes.c_void_p.from_address(id(value) + offset).value or 0

    return address


def _slow_address(value: Any) -> int:
    return int(value.__array_interface__["data"][0])


def _address_of(sample: Any, offset: int) -> Callable[[Any], int]:
    """How to find where the bytes of such a value lie. numpy's own answer takes longer than most kernels."""
    quick = _address_in(offset)
    return quick if quick(sample) == _slow_address(sample) else _slow_address


_SAMPLE: Final = np.zeros(2, [("a", "<i8"), ("b", "<f8")])
_POINTER: Final = ctypes.sizeof(ctypes.c_void_p)
# the first field of numpy's structures of an array and of a record, behind the head of every object
_array_address: Final = _address_of(_SAMPLE[1:], object.__basicsize__)
_record_address: Final = _address_of(_SAMPLE[1], object.__basicsize__ + _POINTER)


def flatten(arguments: Sequence[Any]) -> tuple[Kinds, list[Any]]:
    """The kinds of arguments and the words a kernel takes them as. Raises NotNativeError."""
    kinds: list[Any] = []
    words: list[Any] = []
    for value in arguments:
        _append(value, kinds, words)
    return tuple(kinds), words


def _append(value: Any, kinds: list[Any], words: list[Any]) -> None:
    kind = type(value)
    if kind is np.ndarray:
        flags = value.flags.num & _LAYOUT_FLAGS
        if flags & _C_ORDER:
            flags &= ~_FORTRAN_ORDER
        kinds += (value.dtype, value.ndim, flags)
        words += (0, 0, value.size, value.itemsize, _array_address(value), *value.shape, *value.strides)
    elif kind is int:
        _append_int(value, kinds, words)
    elif kind is float:
        kinds.append(float)
        words.append(value)
    elif kind is np.void:
        kinds += (np.void, value.dtype)
        words.append(_record_address(value))
    elif isinstance(value, tuple):
        kinds += (kind, len(value))
        for member in value:
            _append(member, kinds, words)
    else:
        _append_scalar(value, kinds, words)


def _append_int(value: int, kinds: list[Any], words: list[Any]) -> None:
    if not _LEAST_INT <= value < _BEYOND_INT:
        raise NotNativeError(f"{value} is no int64")
    kinds.append(int)
    words.append(value)


def _append_scalar(value: Any, kinds: list[Any], words: list[Any]) -> None:
    if isinstance(value, bool | np.bool_):
        kinds.append(bool)
        words.append(bool(value))
    elif isinstance(value, float):
        kinds.append(float)
        words.append(float(value))
    elif isinstance(value, int | np.int64):
        _append_int(int(value), kinds, words)
    elif isinstance(value, np.integer):
        kinds.append(type(value))
        words.append(int(value))
    elif isinstance(value, np.float32):
        kinds.append(np.float32)
        words.append(float(value))
    else:
        raise NotNativeError(f"no kernel takes a {type(value).__name__}")


def as_typed(value: Any) -> Any:
    """An argument as the value whose type a kernel is compiled for."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, int | np.int64):
        return int(value)
    return value


def kinds_text(kinds: Kinds) -> str:
    """The kinds in words that are the same in every process."""
    return " ".join(
        f"{kind.__module__}.{kind.__qualname__}" if isinstance(kind, type) else _dtype_text(kind) for kind in kinds
    )


@functools.cache
def _dtype_text(kind: Any) -> str:
    if not isinstance(kind, np.dtype):
        return str(kind)
    if kind.subdtype is not None:
        return f"({_dtype_text(kind.subdtype[0])} {kind.subdtype[1]})"
    if kind.fields is None:
        return kind.str
    fields = " ".join(f"{name}@{kind.fields[name][1]}:{_dtype_text(kind.fields[name][0])}" for name in kind.names or ())
    return f"{{{fields} {kind.itemsize} {kind.isalignedstruct}}}"


def returned_type(returns: Returns) -> Any:
    """The C type in which a kernel leaves its value."""
    if returns is None:
        return ctypes.c_void_p
    if isinstance(returns, str):
        return _C_TYPES[returns]
    fields = [(f"m{index}", returned_type(member)) for index, member in enumerate(returns)]
    return type("Members", (ctypes.Structure,), {"_fields_": fields})


def _read(returns: Returns, left: Any) -> Any:
    if isinstance(returns, list):
        return tuple(_member(member, getattr(left, f"m{index}")) for index, member in enumerate(returns))
    return None if returns is None else left.value


def _member(returns: Returns, value: Any) -> Any:
    return _read(returns, value) if isinstance(returns, list) else value


class NativeKernel:
    """One kernel for arguments of one kind, ready to be called. Lets other threads run meanwhile."""

    def __init__(self, name: str, address: int, letters: Sequence[str], returns: Returns) -> None:
        """``address``: of a function that takes all words from memory; ``letters``: the type of every word;
        ``returns``: what comes back."""
        self.name = name
        self.returns = returns
        self.left = returned_type(returns)
        self.codes = [_CELLS.get(letter, "q") for letter in letters]
        self.call = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 3)(address)
        self._pack = struct.Struct(f"={''.join(self.codes)}").pack

    def __call__(self, words: Sequence[Any]) -> Any:
        """The value for arguments flattened. Raises RuntimeError when the kernel failed."""
        try:
            cells = self._pack(*words)
        except struct.error as error:
            raise RuntimeError(f"the kernel {self.name} takes {len(self.codes)} words: {error}") from error
        left = self.left()
        reason = ctypes.c_void_p()
        self.check(self.call(ctypes.addressof(left), ctypes.addressof(reason), cells))
        return _read(self.returns, left)

    def check(self, status: int) -> None:
        """Raises RuntimeError when a call failed."""
        if status not in _READ_ONLY_STATUS:
            raise RuntimeError(f"the kernel {self.name} failed with status {status}")


class NativeCall:
    """A kernel and its arguments, called again and again by one thread while few of them change."""

    def __init__(self, kernel: NativeKernel, arguments: Sequence[Any]) -> None:
        self._kernel = kernel
        self._kinds: list[Kinds] = []
        self._packers: list[tuple[int, struct.Struct]] = []
        self._cells = bytearray(_WORD_BYTES * len(kernel.codes))
        at = 0
        for value in arguments:
            kinds, words = flatten((value,))
            packer = struct.Struct(f"={''.join(kernel.codes[at : at + len(words)])}")
            packer.pack_into(self._cells, _WORD_BYTES * at, *words)
            self._kinds.append(kinds)
            self._packers.append((_WORD_BYTES * at, packer))
            at += len(words)
        self._left = kernel.left()
        self._reason = ctypes.c_void_p()
        self._where = (
            ctypes.addressof(self._left),
            ctypes.addressof(self._reason),
            ctypes.addressof(ctypes.c_char.from_buffer(self._cells)),
        )

    def put(self, place: int, value: Any) -> bool:
        """Another value for one argument, which must outlive the call; False where it is of another kind."""
        kinds, words = flatten((value,))
        if kinds != self._kinds[place]:
            return False
        at, packer = self._packers[place]
        packer.pack_into(self._cells, at, *words)
        return True

    def __call__(self) -> Any:
        """The value for the arguments as they are. Raises RuntimeError when the kernel failed."""
        self._kernel.check(self._kernel.call(*self._where))
        return _read(self._kernel.returns, self._left)


class ObjectLoader:
    """Puts object files into this process. They stay for its whole life."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm

        # newer ones do this by themselves, and say so as an error
        with contextlib.suppress(RuntimeError):
            llvm.initialize()
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(
            reloc="static", codemodel="jitdefault", jit=True
        )
        self._llvm = llvm
        self._lock = threading.Lock()
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)

    def load(self, code: bytes, symbol: str) -> int:
        """Where a function of an object file lies now. Raises NotNativeError when it is not in there."""
        with self._lock:
            self._engine.add_object_file(self._llvm.ObjectFileRef.from_data(code))
            self._engine.finalize_object()
            address = int(self._engine.get_function_address(symbol))
        if address == 0:
            raise NotNativeError(f"the object file does not hold {symbol}")
        return address


@functools.cache
def object_loader() -> ObjectLoader:
    """The one of this process."""
    return ObjectLoader()


@functools.cache
def processor() -> str:
    """What code is compiled for: this machine's processor, or the one that is named to numba."""
    import llvmlite.binding as llvm

    features = ",".join(sorted(name for name, there in llvm.get_host_cpu_features().items() if there))
    name = os.environ.get("NUMBA_CPU_NAME", llvm.get_host_cpu_name())
    return f"{llvm.get_process_triple()} {name} {os.environ.get('NUMBA_CPU_FEATURES', features)}"
