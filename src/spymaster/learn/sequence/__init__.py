"""Sequence models as baselines, offline only; a transformer among them needs the extra ``sequence``."""
