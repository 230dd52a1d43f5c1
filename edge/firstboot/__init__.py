"""A new box that nobody named yet: introduces itself to its centre, and becomes a box once it is approved."""
