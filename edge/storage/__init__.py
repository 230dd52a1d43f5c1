"""The video volume: its identity, its free space, and writing so that a power cut leaves no half thing."""
