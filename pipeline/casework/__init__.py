"""The register of the work around the map: cases, blocks, parties, lists, points."""
