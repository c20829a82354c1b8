"""Themes: their files, their roles and what is derived from them. A new theme is a file of its own."""
