"""The floor: the least Streamlit page with PyTorch loaded, a slider and two charts."""

import math

import plotly.graph_objects as go
import streamlit as st
import torch  # noqa: F401  # its objects stand in the heap of any page about networks

points = st.slider("Points", 1, 200, 20)
for column, wave in zip(st.columns(2), (math.sin, math.cos), strict=True):
    heights = [wave(x / 5) for x in range(points)]
    column.plotly_chart(go.Figure(go.Scatter(y=heights)), key=wave.__name__)
