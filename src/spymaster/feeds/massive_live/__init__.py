"""Massive (formerly Polygon) live: stocks and options over its WebSocket."""
