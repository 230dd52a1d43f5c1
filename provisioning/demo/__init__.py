"""The one-machine demo: a whole course, from the start press to the flag, on one computer."""
