"""What the kernel says that it dropped."""

from __future__ import annotations

from load_tests.hostile.junk import kernel_drops, read_kernel_drops

HEAD = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout drops"
TAIL = "00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000"


def test_drops_of_all_sockets_of_a_port_are_summed() -> None:
    lines = [
        HEAD,
        f"  1: 0100007F:1EE9 {TAIL} 12",
        f"  2: 00000000:1EE9 {TAIL} 30",
        f"  3: 0100007F:1EEA {TAIL} 7",
    ]
    table = "\n".join(lines)
    assert kernel_drops(table, 0x1EE9) == 42
    assert kernel_drops(table, 1) == 0


def test_this_machines_own_table_is_read() -> None:
    assert read_kernel_drops(0) == 0
