"""Massive's REST interface: chain snapshots with the vendor's greeks, and its list of condition codes."""
