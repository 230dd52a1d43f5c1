"""Empties a box for another room or another owner, once its centre has said that it may."""
