"""`python -m placewise`."""

from placewise.cli import main

main()
