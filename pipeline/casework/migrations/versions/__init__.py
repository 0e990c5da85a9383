"""How a register of an older version is brought up; each step is written once and never changed."""
