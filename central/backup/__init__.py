"""Backups of a whole centre: what its folder and its database hold, and what proves that nothing of it is missing."""
