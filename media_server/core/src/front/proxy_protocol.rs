//! The header that tells the HTTP server behind us whose bytes follow (PROXY protocol version 2, haproxy.org).
use std::net::{IpAddr, SocketAddr};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2, and a connection on somebody's behalf.
const PROXY: u8 = 0x21;
const TCP_OVER_IPV4: u8 = 0x11;
const TCP_OVER_IPV6: u8 = 0x21;

/// The header for a connection from `client` to `local`; addresses of different versions are both told as IPv6.
pub fn header(client: SocketAddr, local: SocketAddr) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.push(PROXY);
    match (client.ip(), local.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            bytes.extend_from_slice(&[TCP_OVER_IPV4, 0, 12]);
            bytes.extend_from_slice(&from.octets());
            bytes.extend_from_slice(&to.octets());
        }
        (from, to) => {
            bytes.extend_from_slice(&[TCP_OVER_IPV6, 0, 36]);
            for ip in [from, to] {
                let ip = match ip {
                    IpAddr::V4(ip) => ip.to_ipv6_mapped(),
                    IpAddr::V6(ip) => ip,
                };
                bytes.extend_from_slice(&ip.octets());
            }
        }
    }
    bytes.extend_from_slice(&client.port().to_be_bytes());
    bytes.extend_from_slice(&local.port().to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn ipv4_takes_28_bytes() {
        let bytes = header(address("192.0.2.7:4660"), address("198.51.100.1:443"));
        assert_eq!(bytes[..12], *b"\r\n\r\n\0\r\nQUIT\n");
        assert_eq!(bytes[12..16], [0x21, 0x11, 0, 12]);
        assert_eq!(
            bytes[16..],
            [192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x34, 1, 0xbb]
        );
    }

    #[test]
    fn ipv6_takes_52_bytes_and_a_mixed_pair_is_ipv6() {
        let bytes = header(address("[2001:db8::7]:1"), address("[2001:db8::1]:443"));
        assert_eq!((bytes[13], bytes.len()), (0x21, 52));
        let mixed = header(address("192.0.2.7:1"), address("[2001:db8::1]:443"));
        assert_eq!((mixed[13], mixed.len()), (0x21, 52));
        assert_eq!(mixed[26..32], [0xff, 0xff, 192, 0, 2, 7]);
    }
}
