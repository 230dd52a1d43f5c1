"""Acceptance tools: what a model pack does with the people of a site, measured on their photographs and clips."""
