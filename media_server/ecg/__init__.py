"""The electrocardiogram as numbers on the wire: frames, stretches of samples, and what a device says of them.

Whoever makes, carries, keeps or shows an ECG speaks these words: the gateway, the server and, in TypeScript,
the pages. See docs/ECG_FORMAT.md.
"""
