"""A file about a box for whoever helps, without personal data."""
