"""The contract of both ends: records, seals, chains, stories, rules. Pure: no I/O, no clock, no network, no database."""
