"""`streamlit run app.py`, with the page's modules imported before the port opens.

The first visitor would otherwise wait for torch: python -m deploy.serve [streamlit's options]
"""

import sys

from streamlit.web import cli

from initviz.ui import controls, explore, reference  # noqa: F401 - imported for the time it takes

if __name__ == "__main__":
    cli.main(["run", "app.py", *sys.argv[1:]], prog_name="streamlit")
