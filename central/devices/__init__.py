"""Boxes as identities: claimed, approved, certified for connections, revoked."""
