"""The box: cameras, recorder, check-in, roll call, terminal, store, sync."""
