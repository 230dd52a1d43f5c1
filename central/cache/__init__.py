"""Video that is here for as long as there is room for it."""
