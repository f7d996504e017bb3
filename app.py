"""initviz: see what weight initialization does to a neural network."""

from pathlib import Path

import streamlit as st

from initviz.ui import server, style

st.set_page_config(
    page_title="initviz", page_icon=str(Path(__file__).parent / "docs" / "icon.png"), layout="wide"
)
style.apply()
server.prepare()
st.navigation(
    [
        st.Page(
            "pages/lab/explore.py", title="Explore", icon=":material/ssid_chart:", default=True
        ),
        st.Page("pages/lab/chaos.py", title="Edge of chaos", icon=":material/grid_on:"),
        st.Page("pages/lab/isometry.py", title="Isometry", icon=":material/blur_circular:"),
        st.Page("pages/lab/compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page(
            "pages/lab/architectures.py", title="Architectures", icon=":material/account_tree:"
        ),
        st.Page("pages/lab/training.py", title="Training", icon=":material/model_training:"),
        st.Page("pages/lab/weights.py", title="Your weights", icon=":material/upload_file:"),
        st.Page("pages/learn/symmetry.py", title="Symmetry", icon=":material/content_copy:"),
        st.Page("pages/learn/matters.py", title="Where it matters", icon=":material/balance:"),
        st.Page("pages/learn/normalization.py", title="Normalization", icon=":material/tune:"),
        st.Page("pages/learn/reference.py", title="Reference", icon=":material/menu_book:"),
    ],
    position="top",
).run()
