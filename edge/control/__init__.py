"""How the box's processes speak to each other: one line of JSON each way over a Unix socket."""
