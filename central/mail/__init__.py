"""Alarms by mail: who wants which, letters that wait in the database, and the server that takes them."""
