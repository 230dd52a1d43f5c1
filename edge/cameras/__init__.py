"""Cameras: every kind of source of video behind one port."""
