"""The contract of both ends: records, seals, chains, stories, rules. Pure: no I/O, clock, network or database."""
