"""Model packs on disk: what a pack is made of, where its files come from, and that they are the right ones."""
