"""How long a centre keeps video, what it removes of it, and what says so."""
