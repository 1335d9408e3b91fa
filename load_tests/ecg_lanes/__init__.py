"""What ECGs cost the server: processor time for each stream that comes in, and for each viewer."""
