"""Measurements against floors and crashes. A figure's meaning never changes under its name."""
