"""The gateway: one small process beside the ECG device that owns its samples until the server has them.

    sources    one file each way a device can speak        → Chunk, VitalSign
    taking     what came, numbered and cut into frames      (deciding, no I/O)
    keeping    frames on disk, before anything else          (recording.ecg.FrameLog)
    uplink     what to send next, and what was stored        (deciding, no I/O)
    running    the driver: waits, feeds, drains, repeats

See docs/ECG_GATEWAY.md.
"""
