"""Benchmarks: each row compares the product with a peer or a limit that is measured in the same run."""
