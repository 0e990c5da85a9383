"""``python -m pipeline`` is the ``wuse`` command."""

from pipeline.cli import main

main()
