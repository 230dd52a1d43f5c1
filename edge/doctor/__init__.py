"""What ails a box, and what to do about it: gathered, judged purely, said in plain words."""
