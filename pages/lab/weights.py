"""Your weights: which initializer drew the layers in a file, and what is amiss in them."""

from initviz.ui import weights

weights.show()
