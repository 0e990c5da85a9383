"""Review: a page on which a person answers for hotspots, and what is made of the answers."""
