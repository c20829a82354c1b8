"""Pure projections: a frame and what the user chose become rows of styled text. No terminal, no toolkit."""
