"""Recordings and random worlds held against their truth, and pooled. Which worlds are for tuning, ``sim`` decides."""
