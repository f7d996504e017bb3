"""`python -m initviz`."""

from initviz.cli.main import main

main()
