//! What the caller orders, one JSON object a line, and what it is answered.
use serde::Deserialize;

/// One line of input.
#[derive(Debug, Deserialize)]
pub struct Line {
    /// Comes back in the answer.
    pub id: u64,
    /// What to do.
    #[serde(flatten)]
    pub order: Order,
}

/// What can be ordered. A peer is known by the name that the caller gave it.
#[derive(Debug, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// A new peer with a socket of its own at this address.
    Open {
        /// Its name.
        peer: String,
        /// Where its socket is bound.
        address: std::net::IpAddr,
    },
    /// Makes a description that offers to send tracks; answered by `sdp` and the `mids` in order.
    Offer {
        /// Its name.
        peer: String,
        /// What it sends, in order.
        tracks: Vec<OfferedTrack>,
        /// Labels of data channels.
        #[serde(default)]
        channels: Vec<String>,
    },
    /// Takes the answer to the last offer.
    AcceptAnswer {
        /// Its name.
        peer: String,
        /// The description.
        sdp: String,
    },
    /// Takes an offer; answered by `sdp`.
    AcceptOffer {
        /// Its name.
        peer: String,
        /// The description.
        sdp: String,
    },
    /// Begins to send on a media section.
    Play {
        /// Its name.
        peer: String,
        /// Of the section.
        mid: String,
        /// What is sent.
        what: Played,
    },
    /// Ends what is sent on a media section.
    Stop {
        /// Its name.
        peer: String,
        /// Of the section.
        mid: String,
    },
    /// Begins to do this instead of what it did before to others.
    Misbehave {
        /// Its name.
        peer: String,
        /// What.
        what: Misdeed,
    },
    /// Tells what every peer has sent and received.
    Read {},
    /// Ends a peer. The other side is told.
    Close {
        /// Its name.
        peer: String,
    },
}

/// A track to offer.
#[derive(Debug, Deserialize)]
pub struct OfferedTrack {
    /// `audio` or `video`.
    pub kind: Kind,
    /// The track id of its `a=msid`, by which LiveKit's signalling knows it.
    pub track: String,
}

/// The kind of a track.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Opus.
    Audio,
    /// VP8.
    Video,
}

/// What a track sends.
#[derive(Debug, Deserialize, Clone, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Played {
    /// An Opus packet every 20 ms that says which it is and when it was sent.
    Voice {},
    /// VP8 by its headers alone, in bursts as a camera's frames come.
    Bursts {
        /// Packets of all bursts in a second.
        packets_per_s: u32,
        /// Packets a burst.
        burst_packets: u32,
        /// Bytes of an RTP payload.
        payload_bytes: usize,
    },
    /// An rtpdump file, again and again.
    Recording {
        /// Of the file.
        path: String,
    },
}

/// What a peer does to others.
#[derive(Debug, Deserialize, Clone, PartialEq, Eq)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Misdeed {
    /// Nothing any more.
    Nothing {},
    /// Asks for key frames of the pictures that it receives (PLI).
    Pictures {
        /// PLI a second.
        per_s: u32,
    },
    /// Asks for everything again that it received (NACK), 4,352 numbers a datagram.
    Repeats {
        /// Datagrams a second.
        per_s: u32,
    },
    /// Sends on its data channel.
    Talk {
        /// Messages a second.
        per_s: u32,
        /// Of the channel.
        channel: String,
        /// The message, in hexadecimal digits.
        message: String,
    },
    /// Takes only so much in.
    Narrow {
        /// Bits a second.
        bps: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_from_a_line() {
        let text = r#"{"id":7,"order":"play","peer":"a","mid":"0","what":{"kind":"voice"}}"#;
        let line: Line = serde_json::from_str(text).unwrap();
        assert_eq!(line.id, 7);
        assert!(matches!(
            line.order,
            Order::Play {
                what: Played::Voice {},
                ..
            }
        ));
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for text in [
            "",
            "{}",
            r#"{"id":1,"order":"dance"}"#,
            r#"{"id":1,"order":"open","peer":"a","address":"x"}"#,
        ] {
            assert!(serde_json::from_str::<Line>(text).is_err(), "{text}");
        }
    }
}
