"""Edge of chaos: the plane of weight and bias sizes, and the network that stands on it."""

from initviz.ui import controls, parts, state
from initviz.ui.cache import signals_of
from initviz.ui.hand import component
from initviz.ui.lab import chaos, explore

state.open_page()
controls.main_controls()
now = state.current()
parts.complaints(now.problems)
chaos.maps(now.network)
explore.charts(now, signals_of(now.network, now.batch))
component.hand(now)
explore.switches()
