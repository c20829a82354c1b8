"""Cells, glyphs, numbers and plots: what every projection is made of."""
