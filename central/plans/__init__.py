"""Plans of classes: imported, drafted, checked and published; who stands behind an ID number, at the centre only."""
