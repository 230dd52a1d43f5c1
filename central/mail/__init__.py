"""Alarms by mail: who wants which, at an address that is theirs, letters that wait, and the server that takes them."""
