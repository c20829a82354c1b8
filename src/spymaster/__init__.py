"""A trading cockpit in the terminal: will a price level of SPY or ES break or reject, how sure, and why."""
