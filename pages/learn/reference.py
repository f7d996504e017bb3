"""Reference: every activation and initializer, with formula and source."""

from initviz.ui import reference

reference.terms()
reference.activations()
reference.initializers()
