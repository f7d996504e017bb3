"""Reference: every activation, initializer and recipe, with formula and source."""

from initviz.ui.learn import reference

reference.terms()
reference.activations()
reference.initializers()
reference.recipes()
