"""Looks at recordings: is the picture black, covered, frozen, looped? A process of its own; recording never waits."""
