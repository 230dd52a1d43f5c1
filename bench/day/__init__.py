"""A day of a site on which much goes wrong: what is planned, filmed and broken, and what must be found at its end."""
