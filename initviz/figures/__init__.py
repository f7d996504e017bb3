"""Pure functions from a probe's table to a Plotly figure; all that imports Plotly."""
