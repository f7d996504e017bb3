"""Architectures and their recipes as source that a user can paste and run."""

from initviz.export.scripts import FRAMEWORKS, Framework, source

__all__ = ["FRAMEWORKS", "Framework", "source"]
