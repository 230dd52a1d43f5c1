"""Alarms on their way to people: which are told, whether somebody must act now, and of whom they are."""
