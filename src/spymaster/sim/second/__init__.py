"""The second market, simpler: the only one whose structure the rules were not made on. Leave it so."""
