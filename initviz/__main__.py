"""`python -m initviz`."""

from initviz.cli import main

main()
