"""Sources without a truth held against what price did next: what signals, sweeps and tests of levels were worth."""
