"""How Chromium is started, by whoever looks at the page through it."""

import shutil
from typing import Any


def options() -> dict[str, Any]:
    """Return what Playwright needs to launch the machine's own Chromium."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return {"executable_path": shutil.which("chromium"), "args": flags}
