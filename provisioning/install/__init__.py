"""Installs a box or a centre: what should be there, item by item. Standard library only, from Python 3.10 on."""
