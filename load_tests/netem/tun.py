"""A TUN device in a network namespace: what its kernel sends through it is read here, packet by packet.

The device is gone as soon as nobody holds its descriptor any more, however the holder ended.
"""

from __future__ import annotations

import fcntl
import os
import struct

from load_tests.netem.namespaces import Namespace

# linux/if_tun.h
_TUNSETIFF = 0x400454CA
_IFF_TUN = 0x0001
_IFF_NO_PI = 0x1000
_DEVICE = "/dev/net/tun"

MTU_BYTES = 1500
SEND_QUEUE_PACKETS = 1000
"""Between the kernel and the reader, who takes packets at once and queues by the link's own rules: for some
milliseconds in which the reader is held up."""


def open_tun(namespace: Namespace, name: str) -> int:
    """Makes the device in the namespace, with its address, up; returns a non-blocking descriptor.

    OSError where the machine has no TUN or does not allow it.
    """
    with namespace.entered():
        descriptor = os.open(_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
        except OSError:
            os.close(descriptor)
            raise
    namespace.ip("link", "set", name, "addrgenmode", "none")  # no IPv6 chatter that would be counted
    namespace.ip("addr", "add", f"{namespace.address}/24", "dev", name)
    namespace.ip("link", "set", name, "mtu", str(MTU_BYTES), "txqueuelen", str(SEND_QUEUE_PACKETS), "up")
    return descriptor
