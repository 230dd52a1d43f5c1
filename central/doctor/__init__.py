"""What ails a centre, and what to do about it: gathered, judged purely, said in plain words, and as numbers."""
