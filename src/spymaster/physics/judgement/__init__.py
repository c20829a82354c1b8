"""What is said of a level: components, score, signal, trust. A new reason to score is a component here."""
