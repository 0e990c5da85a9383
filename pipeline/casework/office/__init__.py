"""Office files: the register out to a workbook or a field layer, and back in by its guards."""
