"""A run that is written down: journal, sidecar, lake. Nothing may be computed before it is logged."""
