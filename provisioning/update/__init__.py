"""Updates of a box and of a centre: a new release beside the one that runs, proved before it stays, put back if it fails."""
