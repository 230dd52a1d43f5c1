"""Manifests of the model packs. No weights."""
