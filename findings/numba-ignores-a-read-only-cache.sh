#!/usr/bin/env bash
# Expected: compiled functions that lie complete and readable in NUMBA_CACHE_DIR are used, whoever may write there.
# What happens: numba tries to create a file in the folder first, and where it cannot it leaves the folder aside and looks
# for another one; where there is none, importing the module fails with a RuntimeError. It matters because an image or an
# installation with its cache filled beforehand is read-only for the user who runs it: it compiles again, or does not start.
set -euo pipefail

work=$(mktemp -d)
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install numba==0.68.1 numpy==2.4.6
mkdir "$work/source" "$work/cache" "$work/home"

cat > "$work/source/kernel.py" <<'PY'
import numba


@numba.njit(cache=True)
def double(x):
    return x + x
PY

cat > "$work/run.py" <<'PY'
"""Import the module and call its function as somebody who may write nowhere; a superuser becomes nobody first."""
import os
import sys

import numba

numba.njit(lambda x: x + x)(1)  # everything of the interpreter that is needed is loaded, whoever may read it
if sys.argv[1] == "read-only" and os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
sys.path.insert(0, sys.argv[2])
try:
    import kernel
except RuntimeError as error:
    print(f"RuntimeError: {error}")
    sys.exit(0)
kernel.double(2)
print("from the cache" if kernel.double.stats.cache_hits else "compiled")
PY

run() { HOME="$work/home" NUMBA_CACHE_DIR="$work/cache" PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" "$work/run.py" "$1" "$work/source"; }

"$work/venv/bin/python" -c 'import numba; print("numba", numba.__version__)'
first=$(run writable)
again=$(run writable)
chmod 755 "$work"
chmod -R a+rX,a-w "$work/source" "$work/cache" "$work/home"
ls "$work"/cache/*/ | sed 's/^/in the cache: /'
denied=$(run read-only)
echo "the first run, cache writable:   $first"
echo "the second run, cache writable:  $again"
echo "the third run, cache read-only:  $denied"
[ "$first" = compiled ]
[ "$again" = "from the cache" ]
case $denied in
"RuntimeError: cannot cache function 'double': no locator available"*) ;;
*) echo "the behaviour has changed" >&2; exit 1 ;;
esac
