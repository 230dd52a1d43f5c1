"""The pages on which people decide about a class."""
