"""The demo's content: invented institutions, people, patients and some days of what happened among them."""
