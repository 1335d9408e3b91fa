"""One file each way in which an ECG comes in: what a device says becomes chunks and vital signs."""
