"""Check-in at the terminal: frames in, one sealed attempt per visit of a face out."""
