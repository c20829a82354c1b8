"""The simulated market, with its truth. A change to its kernels means making the shipped recordings anew."""
