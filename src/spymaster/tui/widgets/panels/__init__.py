"""The panels of the cockpit, each with its stylesheet beside it. They paint rows and decide nothing."""
