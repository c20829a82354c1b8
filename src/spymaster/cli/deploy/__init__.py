"""``deploy``: units, an image and a compose file, written for the machine they will run on."""
