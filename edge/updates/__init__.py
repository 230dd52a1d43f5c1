"""What an update of its machine asks a box: whether it is quiet, which databases it opens; and what it has to state."""
