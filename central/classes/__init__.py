"""Classes: plans and names in, signed orders out, and the story of each as of its latest moment."""
