"""What arrived, in the order it arrived. A changed column needs a new version and a new corpus."""
