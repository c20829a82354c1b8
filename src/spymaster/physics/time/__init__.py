"""Event time and what is measured along it: snaps, sessions, bars, ranges, motion, volatility."""
