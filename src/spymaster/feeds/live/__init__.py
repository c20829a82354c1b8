"""What every live feed needs: supervision, several feeds as one source, clocks. Nothing here knows a vendor."""
