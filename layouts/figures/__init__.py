"""Charts: plain functions that return a Plotly figure as a dict, and its drawing as SVG."""
