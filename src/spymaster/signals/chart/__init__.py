"""What charts are drawn from: arrays that a Session makes and any screen is given. Nothing is computed here."""
