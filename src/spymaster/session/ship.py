"""An engine to give to others: compiled for a kind of processor, in a folder that a wheel carries.

``python -m spymaster.session.ship FOLDER`` makes it for the processor named by NUMBA_CPU_NAME, else for this machine's.
"""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from spymaster.errors import UserError

_IN_WHEEL: Final = "spymaster/_engine/"
X86_64_V3: Final = ("avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sse4.2")
"""What a processor must have for code made for ``x86-64-v3``."""


def ship(folder: Path) -> None:
    """Compile the engine and put it into a folder, which is made anew. Raises RuntimeError when it did not compile."""
    import llvmlite.binding as llvm

    from spymaster.market.kernel_cache import kernel_folder
    from spymaster.market.kernels.native_code import processor
    from spymaster.market.kernels.shipped import described, description
    from spymaster.session.warmup import compile_all

    compile_all()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for root in kernel_folder().glob("*.root"):
        shutil.copyfile(root, folder / root.name)
    own = tuple(sorted(name for name, there in llvm.get_host_cpu_features().items() if there))
    features = X86_64_V3 if os.environ.get("NUMBA_CPU_NAME") == "x86-64-v3" else own
    described(folder, description(processor(), llvm.get_process_triple(), features))


def take_from(wheel: Path) -> str:
    """Take the engines out of a wheel for this checkout; why none of them is used here, empty where one is.

    Raises UserError where the file is no wheel with an engine.
    """
    from spymaster.market.kernels.shipped import TAKEN, shipped_engine, why_none

    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.startswith(_IN_WHEEL) and not name.endswith("/")]
            shutil.rmtree(TAKEN, ignore_errors=True)
            for name in names:
                # two parts: the kind and the file, whatever the archive says beside that
                place = TAKEN / Path(name).parent.name / Path(name).name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(archive.read(name))
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(str(wheel), f"cannot be read as a wheel ({error})", "name a .whl file") from None
    if not names:
        raise UserError(str(wheel), "carries no engine", "build it with SPYMASTER_ENGINE=1 python -m build")
    shipped_engine.cache_clear()
    return why_none()


def main(arguments: Sequence[str]) -> int:
    """Ship as a process of its own; returns its exit code."""
    ship(Path(arguments[0]))
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
