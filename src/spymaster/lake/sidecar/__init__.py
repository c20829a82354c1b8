"""The process that follows a journal and has the lake written. It computes nothing and may not import numba."""
