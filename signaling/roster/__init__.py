"""The duty roster of a hospital: shifts, duty phones, slots, the directory, and its files in and out."""
