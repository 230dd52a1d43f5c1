"""The centre: collector, store, console, export."""
