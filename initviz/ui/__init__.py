"""Controls, caching, address and layout: all that imports Streamlit outside the pages."""
