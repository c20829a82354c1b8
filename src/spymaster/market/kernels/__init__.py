"""How kernels are compiled, kept and called. Only modules named `numba_` import numba; calling needs none of it."""
