"""A simulated session as files in the vendor's layouts."""
