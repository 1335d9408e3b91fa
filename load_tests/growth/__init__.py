"""How CPU and memory of the whole service grow with its rooms, and what a second media thread costs."""
