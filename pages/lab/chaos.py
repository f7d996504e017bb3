"""Edge of chaos: the plane of weight and bias sizes, and the network that stands on it."""

from initviz.ui import chaos, controls, explore, hand, state
from initviz.ui.cache import signals_of

state.open_page()
controls.main_controls()
now = state.current()
explore.complaints(now.problems)
chaos.maps(now.network)
explore.charts(now, signals_of(now.network, now.batch))
hand.hand(now)
explore.switches()
