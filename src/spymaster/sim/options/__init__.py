"""The simulated option market and the dealers who hedge in it. Priced apart from the engine, on purpose."""
