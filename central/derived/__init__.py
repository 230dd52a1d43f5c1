"""Copies in H.264 of video that was recorded in H.265, for browsers that play no other: never evidence."""
