"""Signals and frames over HTTP and WebSocket, for browsers, other programs and screens elsewhere; guarded, bounded."""
