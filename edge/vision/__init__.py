"""Faces in pictures: find, align, describe, compare. One interface over all model packs (`pack.Pack`)."""
