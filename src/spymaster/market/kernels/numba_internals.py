"""What reaches into numba: kernels are lowered one by one, and optimised once, as whole programs.

numba compiles a kernel together with all that it calls, optimises and emits that, and does so again for every caller:
each kernel of the engine went through LLVM seven times. Here a kernel is only lowered, which gives LLVM's own form of
it, kept under a hash of everything it depends on. The kernels that Python calls, the roots, are linked with what they
call, optimised and emitted: once.

What is used of numba is no interface of its own, so it is used only with versions it was tested with, and after it has
compiled a small kernel rightly. Elsewhere numba compiles in its own way: slower, the same values.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import logging
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.funcdesc import FunctionDescriptor
from numba.core.registry import CPUDispatcher
from numba.core.runtime import rtsys
from numba.core.typed_passes import NativeLowering
from numba.core.types import unliteral
from numba.core.typing import signature
from numpy.typing import NDArray

from spymaster.market.kernel_cache import kernel_folder, write_refusal
from spymaster.market.kernels.lowered import Lowered, linked, lowered_kernels, refuse_foreign
from spymaster.market.kernels.native_code import NativeKernel, NotNativeError, Returns, Root, flatten, object_loader
from spymaster.market.kernels.numba_shortcuts import Arguments, Shortcuts, is_unused
from spymaster.market.kernels.sources import kernel_hash

LOWEST: Final = (0, 61)
NEWEST: Final = (0, 68)
"""The versions of numba that this was tested with, both inclusive."""
OPTIONS: Final = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""How numba compiles kernels in its own way."""
_INNER_OPTIONS: Final = {**OPTIONS, "nopython": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

# a user's choice of places for other programs' caches is not for ours
numba.config.CACHE_LOCATOR_CLASSES = ""

_in_numbas_way: ContextVar[bool] = ContextVar("in_numbas_way", default=False)
_log = logging.getLogger(__name__)


class _Library(JITCodeLibrary):
    """Where a kernel is lowered into: nothing is optimised, nothing emitted, callees are remembered by name."""

    def __init__(self, codegen: Any, symbol: str) -> None:
        super().__init__(codegen, symbol)
        self.symbol = symbol
        self.callees: dict[str, None] = {}

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def add_linking_library(self, library: Any) -> None:
        if isinstance(library, _Library):
            self.callees[library.symbol] = None
        elif library is not rtsys.library:
            super().add_linking_library(library)

    def bitcode(self) -> bytes:
        """The kernel and whatever of numba's own it calls."""
        for library in dict.fromkeys(self._linking_libraries):
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        return bytes(self._final_module.as_bitcode())

    def forget(self) -> None:
        """Let go of the code; the name stays."""
        self._linking_libraries = []
        self._final_module = None

    def optimised(self, module: Any) -> Any:
        """A whole program, optimised as numba optimises, but for what it does before it looks for counting in vain."""
        made = self._codegen._module_pass_manager()
        # older versions have one object where newer ones have two
        manager, *builder = made if isinstance(made, tuple) else (made,)
        manager.run(module, *builder)
        module.verify()
        return module


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """What numba knows a lowered kernel by. In its place numba itself has the compiled function."""

    symbol: str


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):
    """numba's own lowering, into a library of ours and under a name that is the same in every process."""

    _name = "kernel_lowering"

    def run_pass(self, state: Any) -> bool:
        function = state.func_id.func
        symbol = _symbol_of(function, tuple(state.args), bool(state.flags.forceinline))
        context = state.targetctx
        mangler = context.mangler
        own = f"{function.__module__}.{function.__qualname__}"
        names = {own: symbol, f".NumbaEnv.{own}": f"{symbol}.environment"}

        def named(name: str, *rest: Any, **more: Any) -> Any:
            return names.get(name) or mangler(name, *rest, **more)

        # the context is a copy made for this kernel alone
        context.mangler = named
        library = _Library(context.codegen(), symbol)
        state.library = library
        super().run_pass(state)
        # older versions have no such list
        if getattr(library, "_reload_init", ()):
            raise NotNativeError(f"{symbol} needs something of numba at run time")
        result = state["cr"]
        entry = _Entry(symbol)
        context.insert_user_function(entry, result.fndesc, [library])
        state["cr"] = result._replace(cfunc=entry)
        return True


class _Compiler(CompilerBase):
    """numba's passes that have something to do in a kernel, the last of them ours."""

    def __init__(self, typingctx: Any, targetctx: Any, library: Any, args: Any, *rest: Any) -> None:
        super().__init__(typingctx, targetctx, library, Arguments(args), *rest)
        self.state.flags.no_compile = True

    def define_pipelines(self) -> list[Any]:
        build = DefaultPassBuilder
        manager = PassManager("kernel")
        for part in (
            build.define_untyped_pipeline(self.state),
            build.define_typed_pipeline(self.state),
            build.define_nopython_lowering_pipeline(self.state),
        ):
            for which, why in part.passes:
                if not is_unused(which, self.state.func_id.func):
                    manager.add_pass(_Lowering if which is NativeLowering else which, why)
        manager.finalize()
        return [manager]


class _LoweredCache:
    """In the place of numba's cache of one function: what was lowered, by this process or another one."""

    def __init__(self, function: Callable[..., Any], inlined: bool) -> None:
        self._function = function
        self._inlined = inlined

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What numba has to know of a kernel to call it, or None."""
        arguments = tuple(sig)
        lowered = lowered_kernels().find(_symbol_of(self._function, arguments, self._inlined))
        if lowered is None:
            return None
        # what is compiled after all does so by itself
        target_context.refresh()
        return _Known(lowered, self._function, arguments, self._inlined, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was lowered. Callers need no more of it than its name."""
        library = data.library
        lowered_kernels().add(
            Lowered(library.symbol, tuple(library.callees), data.signature.return_type, library.bitcode())
        )
        library.forget()


@dataclass(frozen=True, slots=True, eq=False)
class _Overload:
    """A kernel for certain arguments, as those see it that call it."""

    entry_point: _Entry
    signature: Any
    symbol: str
    objectmode: bool = False


class _Known:
    """A kernel that was lowered before, as numba asks for it."""

    objectmode = False
    metadata = None

    def __init__(
        self, lowered: Lowered, function: Callable[..., Any], arguments: tuple[Any, ...], inlined: bool, context: Any
    ) -> None:
        self.entry_point = _Entry(lowered.symbol)
        self.library = _Library(context.codegen(), lowered.symbol)
        self.signature = signature(lowered.returns, *arguments)
        names = tuple(inspect.signature(function).parameters)
        self.fndesc = FunctionDescriptor(
            True,
            function.__module__,
            function.__qualname__,
            lowered.symbol,
            "",
            None,
            lowered.returns,
            None,
            names,
            (),
            mangler=lambda name, *_, **__: f"{lowered.symbol}{'.environment' if name.startswith('.') else ''}",
            argtypes=arguments,
            inline=inlined,
        )


class _Dispatcher(CPUDispatcher):
    """A kernel as others see it that call it. It is never called by Python."""

    def __init__(self, function: Callable[..., Any], inlined: bool) -> None:
        options = {**_INNER_OPTIONS, "forceinline": True} if inlined else _INNER_OPTIONS
        super().__init__(function, targetoptions=dict(options), pipeline_class=_Compiler)
        self._cache = _LoweredCache(function, inlined)

    def get_call_template(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        """Without constants: numba lowers a callee anew for every one, and the optimiser sees them anyway."""
        return super().get_call_template(tuple(map(unliteral, args)), {k: unliteral(v) for k, v in kws.items()})

    def add_overload(self, cres: Any) -> None:
        """Remember it for callers alone, and nothing of how it came to be."""
        overloads: Any = self.overloads
        overloads[tuple(cres.signature.args)] = _Overload(cres.entry_point, cres.signature, cres.library.symbol)


def _symbol_of(function: Callable[..., Any], arguments: tuple[Any, ...], inlined: bool) -> str:
    """The name of a kernel for arguments of certain types: a hash of everything it may depend on."""
    digest = hashlib.sha256(kernel_hash(function).encode())
    digest.update(f"{inlined}|{'|'.join(map(str, arguments))}".encode())
    return f"{function.__name__}.{digest.hexdigest()[:24]}"


@functools.cache
def _shortcuts() -> Shortcuts:
    """Those of this process."""
    return Shortcuts()


@functools.cache
def _inner(function: Callable[..., Any], inlined: bool) -> _Dispatcher:
    return _Dispatcher(function, inlined)


@functools.cache
def _plain(function: Callable[..., Any]) -> Any:
    folder = kernel_folder() / f"numba-{kernel_hash(function)[:24]}"
    refusal = write_refusal(folder)
    # numba refuses a folder that cannot be written, whatever is in it
    numba.config.CACHE_DIR = str(folder)
    compiled = numba.njit(**OPTIONS, cache=refusal is None)(function)
    resolve = compiled.get_call_template

    def resolve_without_literals(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return resolve(tuple(map(unliteral, args)), {name: unliteral(kind) for name, kind in kws.items()})

    compiled.get_call_template = resolve_without_literals
    return compiled


def type_of(function: Callable[..., Any], inlined: bool) -> Any:
    """What numba is told of a kernel that another one calls."""
    return (_plain(function) if _in_numbas_way.get() else _inner(function, inlined))._numba_type_


def call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a kernel compiled in numba's own way."""
    token = _in_numbas_way.set(True)
    try:
        return _plain(function)(*arguments)
    finally:
        _in_numbas_way.reset(token)


def lower(function: Callable[..., Any], inlined: bool, arguments: tuple[Any, ...]) -> None:
    """Lower a kernel for such arguments, and all that it calls, as far as that was not done."""
    with global_compiler_lock, _shortcuts().taken():
        _inner(function, inlined).compile(tuple(map(numba.typeof, arguments)))


def compile_plainly(function: Callable[..., Any], _inlined: bool, arguments: tuple[Any, ...]) -> None:
    """Compile a kernel for such arguments in numba's own way."""
    token = _in_numbas_way.set(True)
    try:
        _plain(function).compile(tuple(map(numba.typeof, arguments)))
    finally:
        _in_numbas_way.reset(token)


def compile_root(function: Callable[..., Any], inlined: bool, arguments: tuple[Any, ...]) -> Root:
    """Compile a kernel for such arguments with all that it calls. Raises NotNativeError where it needs numba to run."""
    kinds = tuple(map(numba.typeof, arguments))
    kernel = _inner(function, inlined)
    with global_compiler_lock, _shortcuts().taken():
        kernel.compile(kinds)
        symbol = kernel.overloads[kinds].symbol
        program = list(lowered_kernels().program(symbol))
        context = kernel.targetctx
        returns = program[0].returns
        called = context.call_conv.get_function_type(returns, kinds)
        entry = f"{symbol}.entry"
        whole = linked(program, entry, _entry(entry, symbol, called))
        module = _Library(context.codegen(), symbol).optimised(whole)
        refuse_foreign(module)
        code = context.codegen()._tm.emit_object(module)
    return Root(entry, tuple(map(_letter, called.args[2:])), _returned(returns), bytes(code))


def _entry(name: str, symbol: str, called: Any) -> str:
    """A function, in LLVM's language, that calls a kernel with words it takes from memory, eight bytes each."""
    module = ir.Module()
    kernel = ir.Function(module, called, symbol)
    word = ir.IntType(64)
    entry = ir.Function(module, ir.FunctionType(called.return_type, (*called.args[:2], word.as_pointer())), name)
    builder = ir.IRBuilder(entry.append_basic_block())
    left, reason, words = entry.args
    places = [builder.gep(words, [word(place)]) for place in range(len(called.args) - 2)]
    kinds = called.args[2:]
    taken = [builder.load(builder.bitcast(at, kind.as_pointer())) for at, kind in zip(places, kinds, strict=True)]
    builder.ret(builder.call(kernel, [left, reason, *taken]))
    return str(module)


def _letter(kind: Any) -> str:
    return "p" if kind.is_pointer else str(kind)


def _returned(kind: Any) -> Returns:
    if kind is types.none:
        return None
    if isinstance(kind, types.Boolean):
        return "bool"
    if isinstance(kind, types.Integer):
        return f"{'i' if kind.signed else 'u'}{kind.bitwidth}"
    if isinstance(kind, types.Float):
        return "double" if kind.bitwidth == 64 else "float"
    if isinstance(kind, types.BaseTuple):
        return [_returned(member) for member in kind.types]
    raise NotNativeError(f"a {kind} is not returned to Python")


def is_tested() -> bool:
    """Whether this version of numba is one that whole programs were tested with."""
    major, minor = numba.__version__.split(".")[:2]
    if LOWEST <= (int(major), int(minor)) <= NEWEST:
        return True
    _log.warning("numba %s was not tested with this version: kernels compile in its own way, slower", numba.__version__)
    return False


def is_right() -> bool:
    """Whether a small kernel compiled as a whole program gives what it should."""
    values = np.array([1.5, 2.5])
    try:
        root = compile_root(_check_sum, False, (values, 3))
        compiled = NativeKernel(root.symbol, object_loader().load(root.code, root.symbol), root.letters, root.returns)
        if compiled(flatten((values, 3))[1]) == (24.0, 2):
            return True
    # whatever an unknown numba does here, there is another way
    except Exception as error:
        _log.debug("a small kernel did not compile as a whole program", exc_info=error)
    _log.warning("numba %s compiles kernels in its own way here, slower", numba.__version__)
    return False


class _Checked:
    """As ``jit.Kernel`` to numba."""

    @property
    def _numba_type_(self) -> Any:
        return type_of(_check_item, False)


_checked_item: Final[Any] = _Checked()


def _check_item(values: NDArray[Any], index: int) -> float:
    return float(values[index] * 2.0)


def _check_sum(values: NDArray[Any], factor: int) -> tuple[float, int]:
    total = 0.0
    for index in range(len(values)):
        total += _checked_item(values, index)
    return total * factor, len(values)
