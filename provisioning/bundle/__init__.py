"""Makes the bundle of a release: everything that a machine without a network needs, in one folder and one .tar."""
