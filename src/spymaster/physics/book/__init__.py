"""What records did to the book, and sums over it. A new measure of liquidity or of the tape belongs here."""
