"""Consultations over the store: cases and their acts, ringing, rooms, recording, messages, attachments."""
