"""Orders to boxes, of no class: signed, numbered for each box, brought by the collector; and what boxes answered."""
