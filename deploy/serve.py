"""`streamlit run app.py`, with the page's modules imported and compiled before the port opens.

The first visitor would otherwise wait for it: python -m deploy.serve [streamlit's options]
"""

import sys

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

from initviz.ui import server
from initviz.ui.hand import component  # noqa: F401 - imported for the time it takes
from initviz.ui.lab import chaos, weights  # noqa: F401 - imported for the time it takes
from initviz.ui.learn import reference  # noqa: F401 - imported for the time it takes

if __name__ == "__main__":
    server.compile_ahead()
    # app.py names its pages itself. Until it has run once, a folder called pages makes Streamlit
    # look for them there, and tell whoever follows a link to one that there is no such page.
    PagesManager.uses_pages_directory = False
    cli.main(["run", "app.py", *sys.argv[1:]], prog_name="streamlit")
