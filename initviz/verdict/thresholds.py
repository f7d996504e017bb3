"""The thresholds of every verdict, all of them."""

# A signal may change its variance by this many decades over the whole depth: within it, short
# training runs learn; beyond it, they stall or diverge.
DECADES = 3.0
# As few different units as this share, in any layer, and the layer is wasted on copies.
DISTINCT = 0.5
# As many units as this silent for the whole batch, in any layer, and little passes. A healthy
# deep ReLU network approaches one half.
DEAD = 0.9
# As many activations as this on flat ground, in any layer. A healthy ReLU network has half.
SATURATED = 0.8
# A repair has to be stable for the seed at hand and for this many others.
OTHER_SEEDS = 2
