"""Accounts of the console: who may do what, where; how people sign in; what they looked at."""
