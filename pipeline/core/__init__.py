"""Pure measurement: arrays and values in, arrays and values out. No files, no config, no logging."""
