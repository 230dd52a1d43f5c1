"""What installs, prepares and demonstrates the product. Drives both ends from outside, by their commands alone."""
