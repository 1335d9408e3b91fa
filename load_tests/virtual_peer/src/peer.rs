//! One virtual peer: str0m for ICE, DTLS, SRTP and RTCP, a socket, what it plays and what it received.
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use mio::net::UdpSocket;
use quinn_udp::{RecvMeta, UdpSockRef, UdpSocketState};
use rustc_hash::FxHashMap;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::ChannelId;
use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, Ssrc};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};

use crate::abuse::{Abuse, NarrowLine, nack_entries};
use crate::clock::{monotonic_ns, wall_ns};
use crate::disguise;
use crate::orders::{Kind, Misdeed, OfferedTrack, Played};
use crate::outbox::Outbox;
use crate::received::Received;
use crate::source::{DuePacket, Source};
use crate::stamp::sent_wall_ns;

/// Room for a burst to many peers while this thread does something else.
const SOCKET_BUFFER_BYTES: usize = 4 << 20;

/// Whose wishes they are: no stream of ours has this one.
const OWN_SSRC: u32 = 1;

/// What RFC 6464 says of somebody who speaks: -30 dBov.
const SPEAKING: i8 = -30;

/// A stream that this peer receives.
#[derive(Debug)]
pub struct Incoming {
    /// Of its section.
    pub mid: String,
    /// Of its codec.
    pub kind: Kind,
    /// What came of it.
    pub received: Received,
}

/// A stream that this peer sends.
struct Playing {
    mid: Mid,
    payload_type: Pt,
    kind: Kind,
    source: Source,
    sent: u64,
}

/// A datagram on a narrow line.
struct Held {
    arrived_wall_ns: u64,
    source: SocketAddr,
    bytes: Vec<u8>,
}

/// What str0m must not be told more of at once than the kernel takes.
const MAX_MISDEEDS_AT_ONCE: u64 = 64;

/// A peer.
pub struct Peer {
    rtc: Rtc,
    socket: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    pending: Option<SdpPendingOffer>,
    playing: Vec<Playing>,
    outbox: Outbox,
    deadline: Instant,
    channels: FxHashMap<String, ChannelId>,
    abuse: Option<Abuse>,
    line: Option<NarrowLine<Held>>,
    /// By SSRC.
    pub incoming: FxHashMap<Ssrc, Incoming>,
    /// When DTLS was done (CLOCK_MONOTONIC); 0 before.
    pub connected_ns: u64,
    /// ICE has lost the other side, or the other side has closed.
    pub is_lost: bool,
    /// How often a key frame was asked of it.
    pub key_frames_wanted: u64,
    /// Datagrams that str0m refused.
    pub refused: u64,
}

impl Peer {
    /// A peer with a socket of its own.
    pub fn open(address: IpAddr) -> Result<Peer, String> {
        let told = |error: io::Error| error.to_string();
        let socket = std::net::UdpSocket::bind((address, 0)).map_err(told)?;
        socket.set_nonblocking(true).map_err(told)?;
        let reference = socket2::SockRef::from(&socket);
        reference
            .set_recv_buffer_size(SOCKET_BUFFER_BYTES)
            .map_err(told)?;
        reference
            .set_send_buffer_size(SOCKET_BUFFER_BYTES)
            .map_err(told)?;
        let state = UdpSocketState::new(UdpSockRef::from(&socket)).map_err(told)?;
        let local = socket.local_addr().map_err(told)?;
        let now = Instant::now();
        let mut rtc = RtcConfig::new()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .set_rtp_mode(true)
            .set_crypto_provider(disguise::provider())
            .build(now);
        let candidate = Candidate::host(local, "udp").map_err(|error| error.to_string())?;
        rtc.add_local_candidate(candidate);
        Ok(Peer {
            rtc,
            socket: UdpSocket::from_std(socket),
            state,
            local,
            pending: None,
            playing: Vec::new(),
            outbox: Outbox::default(),
            deadline: now,
            channels: FxHashMap::default(),
            abuse: None,
            line: None,
            incoming: FxHashMap::default(),
            connected_ns: 0,
            is_lost: false,
            key_frames_wanted: 0,
            refused: 0,
        })
    }

    /// To wait for.
    pub fn socket(&mut self) -> &mut UdpSocket {
        &mut self.socket
    }

    /// Packets sent by the sections' mids.
    pub fn sent(&self) -> impl Iterator<Item = (String, u64)> {
        self.playing
            .iter()
            .map(|playing| (playing.mid.to_string(), playing.sent))
    }

    /// Datagrams that the kernel did not take.
    pub fn unsent(&self) -> u64 {
        self.outbox.refused
    }

    /// Makes an offer: the description and its sections' mids.
    pub fn offer(
        &mut self,
        tracks: &[OfferedTrack],
        channels: &[String],
    ) -> Result<(String, Vec<String>), String> {
        let mut changes = self.rtc.sdp_api();
        for label in channels {
            let id = changes.add_channel(label.clone());
            self.channels.insert(label.clone(), id);
        }
        let mut mids = Vec::new();
        for track in tracks {
            let kind = match track.kind {
                Kind::Audio => MediaKind::Audio,
                Kind::Video => MediaKind::Video,
            };
            let id = Some(track.track.clone());
            mids.push(
                changes
                    .add_media(kind, Direction::SendOnly, id.clone(), id, None)
                    .to_string(),
            );
        }
        let (offer, pending) = changes.apply().ok_or("nothing to offer")?;
        self.pending = Some(pending);
        self.drain();
        Ok((offer.to_sdp_string(), mids))
    }

    /// Takes the answer to the last offer.
    pub fn accept_answer(&mut self, sdp: &str) -> Result<(), String> {
        let pending = self.pending.take().ok_or("nothing was offered")?;
        let answer = SdpAnswer::from_sdp_string(sdp).map_err(|error| error.to_string())?;
        let accepted = self.rtc.sdp_api().accept_answer(pending, answer);
        self.drain();
        accepted.map_err(|error| error.to_string())
    }

    /// Takes an offer and returns the answer. This side begins the handshake, as browsers do when they answer.
    pub fn accept_offer(&mut self, sdp: &str) -> Result<String, String> {
        let sdp = sdp.replace("a=setup:actpass", "a=setup:passive");
        let offer = SdpOffer::from_sdp_string(&sdp).map_err(|error| error.to_string())?;
        let answer = self.rtc.sdp_api().accept_offer(offer);
        self.drain();
        answer
            .map(|answer| answer.to_sdp_string())
            .map_err(|error| error.to_string())
    }

    /// Begins to send on a section.
    pub fn play(&mut self, mid: &str, what: &Played) -> Result<(), String> {
        let mid = Mid::from(mid);
        let kind = if matches!(what, Played::Voice {}) {
            Kind::Audio
        } else {
            Kind::Video
        };
        let codec = if kind == Kind::Audio {
            Codec::Opus
        } else {
            Codec::Vp8
        };
        let media = self.rtc.media(mid).ok_or("no such section")?;
        let remote = media.remote_pts().to_vec();
        let config = self.rtc.codec_config();
        let payload_type = config
            .find(|params| {
                params.spec().codec == codec && (remote.is_empty() || remote.contains(&params.pt()))
            })
            .ok_or("the other side does not take it")?
            .pt();
        let source = Source::new(what, monotonic_ns())?;
        self.playing.retain(|playing| playing.mid != mid);
        self.playing.push(Playing {
            mid,
            payload_type,
            kind,
            source,
            sent: 0,
        });
        Ok(())
    }

    /// Ends what is sent on a section.
    pub fn stop(&mut self, mid: &str) {
        let mid = Mid::from(mid);
        self.playing.retain(|playing| playing.mid != mid);
    }

    /// Tells the other side that this one goes.
    pub fn close(&mut self) {
        // There is nothing left to do about an error.
        let _ = self.rtc.close();
        self.drain();
    }

    /// When something is to be done without being told to.
    pub fn next_ns(&self, now_ns: u64, now: Instant) -> u64 {
        let wait_ns = self.deadline.saturating_duration_since(now).as_nanos() as u64;
        let protocol_ns = now_ns.saturating_add(wait_ns);
        let sources = self.playing.iter().map(|playing| playing.source.next_ns());
        let media_ns = if self.connected_ns == 0 {
            None
        } else {
            sources.min()
        };
        let abuse_ns = self.abuse.as_ref().map(Abuse::next_ns);
        let line_ns = self.line.as_ref().and_then(NarrowLine::next_ns);
        [media_ns, abuse_ns, line_ns]
            .into_iter()
            .flatten()
            .fold(protocol_ns, u64::min)
    }

    /// Begins to do this instead of what it did before to others.
    pub fn misbehave(&mut self, what: Misdeed) -> Result<(), String> {
        if let Misdeed::Talk { message, .. } = &what {
            bytes_of(message).ok_or("the message is not hexadecimal")?;
        }
        let now_ns = monotonic_ns();
        self.line = match what {
            Misdeed::Narrow { bps } => Some(NarrowLine::new(bps)),
            _ => None,
        };
        self.abuse = Abuse::new(what, now_ns);
        Ok(())
    }

    /// How often the present one was done.
    pub fn misdeeds(&self) -> u64 {
        let dropped = self.line.as_ref().map_or(0, |line| line.dropped);
        self.abuse.as_ref().map_or(dropped, |abuse| abuse.done)
    }

    fn abuse_due(&mut self, now_ns: u64) {
        let Some(abuse) = &mut self.abuse else {
            return;
        };
        let times = abuse.take_due(now_ns).min(MAX_MISDEEDS_AT_ONCE);
        if times == 0 {
            return;
        }
        let misdeed = abuse.misdeed.clone();
        let pictures: Vec<(Ssrc, u16)> = self
            .incoming
            .iter()
            .filter(|(_, incoming)| incoming.kind == Kind::Video)
            .map(|(&ssrc, incoming)| (ssrc, incoming.received.newest() as u16))
            .collect();
        for _ in 0..times {
            match &misdeed {
                Misdeed::Pictures { .. } => {
                    for &(ssrc, _) in &pictures {
                        self.rtc
                            .direct_api()
                            .send_pli_feedback(OWN_SSRC.into(), ssrc);
                    }
                }
                Misdeed::Repeats { .. } => {
                    for &(ssrc, newest) in &pictures {
                        let entries = nack_entries(newest);
                        // Only behind something else can it be disguised: a wish that concerns nobody.
                        let (own, nobody) = (OWN_SSRC.into(), OWN_SSRC.into());
                        self.rtc.direct_api().send_pli_feedback(own, nobody);
                        self.rtc.direct_api().send_app_specific_feedback(
                            OWN_SSRC.into(),
                            ssrc,
                            entries,
                        );
                        self.poll();
                    }
                }
                Misdeed::Talk {
                    channel, message, ..
                } => self.talk(channel, message),
                Misdeed::Narrow { .. } | Misdeed::Nothing {} => {}
            }
            self.poll();
        }
        self.input(Input::Timeout(Instant::now()));
        self.drain();
    }

    fn talk(&mut self, channel: &str, message: &str) {
        let (Some(&id), Some(bytes)) = (self.channels.get(channel), bytes_of(message)) else {
            return;
        };
        if let Some(mut channel) = self.rtc.channel(id) {
            // Where there is no room its own line is the limit.
            let _ = channel.write(true, &bytes);
        }
    }

    fn take_from_line(&mut self, now_ns: u64) {
        while let Some(held) = self.line.as_mut().and_then(|line| line.pop(now_ns)) {
            self.give(
                Instant::now(),
                held.arrived_wall_ns,
                held.source,
                &held.bytes,
            );
        }
    }

    /// Does what is due.
    pub fn wake(&mut self, now_ns: u64, now: Instant) {
        if self.connected_ns != 0 {
            self.play_due(now_ns, now);
            self.abuse_due(now_ns);
        }
        self.take_from_line(now_ns);
        if self.deadline <= now {
            self.input(Input::Timeout(now));
            self.drain();
        }
    }

    fn play_due(&mut self, now_ns: u64, now: Instant) {
        let mut due: Vec<(Mid, Pt, Kind, DuePacket)> = Vec::new();
        for playing in &mut self.playing {
            if playing.source.next_ns() > now_ns {
                continue;
            }
            let (mid, payload_type, kind) = (playing.mid, playing.payload_type, playing.kind);
            let before = due.len();
            playing.source.take_due(now_ns, wall_ns(), |packet| {
                due.push((mid, payload_type, kind, packet))
            });
            playing.sent += (due.len() - before) as u64;
        }
        for (mid, payload_type, kind, packet) in due {
            let is_voice = kind == Kind::Audio;
            let extensions = ExtensionValues {
                audio_level: is_voice.then_some(SPEAKING),
                voice_activity: is_voice.then_some(true),
                ..ExtensionValues::default()
            };
            let mut direct = self.rtc.direct_api();
            let Some(stream) = direct.stream_tx_by_mid(mid, None) else {
                continue;
            };
            let write = RtpWrite::new(
                payload_type,
                packet.sequence.into(),
                packet.timestamp,
                now,
                packet.payload,
            )
            .marker(packet.is_marked)
            .ext_vals(extensions)
            .nackable(!is_voice);
            stream.write_rtp(write);
            self.poll();
            // Only when it is told the time does it let a packet go.
            self.input(Input::Timeout(now));
            self.poll();
        }
        self.outbox
            .flush(UdpSockRef::from(&self.socket), &self.state);
    }

    /// Takes what waits at the socket. `buffers` and `metas` are for the kernel to write into.
    pub fn receive(&mut self, buffers: &mut [Vec<u8>], metas: &mut [RecvMeta]) {
        loop {
            let mut slices: Vec<io::IoSliceMut<'_>> = buffers
                .iter_mut()
                .map(|buffer| io::IoSliceMut::new(buffer))
                .collect();
            let received = self
                .state
                .recv(UdpSockRef::from(&self.socket), &mut slices, metas);
            let Ok(messages) = received else {
                break;
            };
            let now = Instant::now();
            for (buffer, meta) in buffers.iter().zip(metas.iter()).take(messages) {
                let arrived_ns = meta
                    .timestamp
                    .map_or_else(wall_ns, |stamp| stamp.as_nanos() as u64);
                for datagram in buffer[..meta.len].chunks(meta.stride.max(1)) {
                    self.take_datagram(now, arrived_ns, meta.addr, datagram);
                }
            }
        }
        self.outbox
            .flush(UdpSockRef::from(&self.socket), &self.state);
    }

    fn take_datagram(
        &mut self,
        now: Instant,
        arrived_wall_ns: u64,
        source: SocketAddr,
        datagram: &[u8],
    ) {
        let Some(line) = &mut self.line else {
            return self.give(now, arrived_wall_ns, source, datagram);
        };
        let held = Held {
            arrived_wall_ns,
            source,
            bytes: datagram.to_vec(),
        };
        line.push(monotonic_ns(), datagram.len(), held);
    }

    /// Hands a datagram to str0m.
    fn give(&mut self, now: Instant, arrived_wall_ns: u64, source: SocketAddr, datagram: &[u8]) {
        let Ok(contents) = datagram.try_into() else {
            self.refused += 1;
            return;
        };
        let receive = Receive {
            proto: Protocol::Udp,
            source,
            destination: self.local,
            contents,
        };
        self.input(Input::Receive(now, receive));
        self.poll_arrived(arrived_wall_ns);
    }

    fn input(&mut self, input: Input<'_>) {
        if self.rtc.handle_input(input).is_err() {
            self.refused += 1;
        }
    }

    /// Carries out what str0m wants, until it waits, and sends it.
    fn drain(&mut self) {
        self.poll();
        self.outbox
            .flush(UdpSockRef::from(&self.socket), &self.state);
    }

    fn poll(&mut self) {
        self.poll_arrived(0);
    }

    fn poll_arrived(&mut self, arrived_wall_ns: u64) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(deadline)) => {
                    self.deadline = deadline;
                    return;
                }
                Ok(Output::Transmit(transmit)) => {
                    let reference = UdpSockRef::from(&self.socket);
                    self.outbox.push(
                        reference,
                        &self.state,
                        transmit.destination,
                        &transmit.contents,
                    );
                }
                Ok(Output::Event(event)) => self.note(event, arrived_wall_ns),
                Err(_) => {
                    self.is_lost = true;
                    return;
                }
            }
        }
    }

    fn note(&mut self, event: Event, arrived_wall_ns: u64) {
        match event {
            Event::RtpPacket(packet) => self.count(&packet, arrived_wall_ns),
            Event::Connected => self.connected_ns = monotonic_ns(),
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                self.is_lost = true
            }
            Event::KeyframeRequest(request) => {
                self.key_frames_wanted += 1;
                let now_ns = monotonic_ns();
                for playing in self
                    .playing
                    .iter_mut()
                    .filter(|playing| playing.mid == request.mid)
                {
                    playing.source.want_key_frame(now_ns);
                }
            }
            _ => {}
        }
    }

    fn count(&mut self, packet: &RtpPacket, arrived_wall_ns: u64) {
        let ssrc = packet.header.ssrc;
        if !self.incoming.contains_key(&ssrc) {
            let mid = self
                .rtc
                .direct_api()
                .stream_rx(&ssrc)
                .map_or_else(String::new, |stream| stream.mid().to_string());
            let media = self.rtc.media(Mid::from(mid.as_str()));
            let is_audio = media.is_some_and(|media| media.kind() == MediaKind::Audio);
            let kind = if is_audio { Kind::Audio } else { Kind::Video };
            self.incoming.insert(
                ssrc,
                Incoming {
                    mid,
                    kind,
                    received: Received::default(),
                },
            );
        }
        if let Some(incoming) = self.incoming.get_mut(&ssrc) {
            let delay_ns = sent_wall_ns(&packet.payload)
                .map(|sent_ns| arrived_wall_ns.saturating_sub(sent_ns));
            incoming.received.take(
                monotonic_ns(),
                *packet.seq_no,
                packet.payload.len(),
                delay_ns,
            );
        }
    }
}

fn bytes_of(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hexadecimal
        .chars()
        .map(|digit| digit.to_digit(16).map(|value| value as u8))
        .collect();
    Some(
        digits?
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect(),
    )
}
