"""Two virtual people who can be called from the demo's kiosk by someone alone at a desk:
`make demo-consultation`.
"""
