"""What every order did and what the levels really were. The truth is never fitted to the engine."""
