"""Your weights: which initializer drew the layers in a file, and what is amiss in them."""

from initviz.ui.lab import weights

weights.show()
