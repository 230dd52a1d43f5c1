"""Updates of a box and of a centre: a release beside the one that runs is proved before it stays, or put back."""
