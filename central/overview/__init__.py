"""What needs somebody now, over all classes and boxes, fast: summaries that a worker keeps up with the records."""
