"""The check of a box where it stands: cameras, a test recording, a face, the doctor, and a sheet of it."""
