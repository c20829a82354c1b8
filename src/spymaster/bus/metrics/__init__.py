"""Figures of processes that serve no browser: one small page for Prometheus beside whatever they do. Nothing waits."""
