"""A box with a new card gets back what its centre holds of it: a pack or an exported class, checked, then kept."""
