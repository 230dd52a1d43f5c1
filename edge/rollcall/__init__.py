"""Roll call: which trainees a recording shows, and how many people were in view."""
