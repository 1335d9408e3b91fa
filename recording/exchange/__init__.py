"""ECG files of other systems: read into samples, and written from what was kept, without changing one.

Deciding code: bytes in, values out. Nothing here opens a file or knows who the patient is, unless the caller
says so because the format needs it. See docs/adr/0018-own-readers-of-ecg-files.md.
"""
