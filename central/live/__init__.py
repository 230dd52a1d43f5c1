"""Looking into a classroom now: pieces of video that a box brings for a minute, and who watches. Nothing is stored."""
