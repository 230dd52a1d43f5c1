"""Records on their way in: checked, kept once, receipted."""
