"""Live pictures for the centre: which orders want them, what is made of the camera's packets, and their way there."""
