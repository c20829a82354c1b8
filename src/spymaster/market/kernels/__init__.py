"""How kernels are compiled, kept and called. Only `numba_internals` imports numba; calling needs none of it."""
