"""Planted levels: which kinds, where, and what they do to order flow."""
