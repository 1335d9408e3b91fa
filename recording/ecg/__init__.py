"""An ECG kept: its frames in files as they came, and what of it is here."""
