"""Replay: any recorded minute of a block, with a reason, asked of its box where it is not here."""
