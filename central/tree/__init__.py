"""The transparency tree of the centre: what it accepted can be added to, but never be changed without being caught."""
