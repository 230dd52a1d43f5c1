"""Signed releases: what a bundle says of itself, how it is signed, and how it is checked before anything of it is run.

Reading and checking need the standard library of Python 3.10 alone, since the first check is made on a bare machine.
"""
