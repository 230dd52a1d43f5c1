"""Telling the systems of others what became of classes: events, kept until they were taken, signed, over HTTPS."""
