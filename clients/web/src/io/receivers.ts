// Reads the counters of every receiver of a room: as samples for the truth panel, and as totals for the record.

import { Track, type RemoteTrack, type RemoteTrackPublication, type Room } from "livekit-client";
import type { ReceiverTotals, ReceptionTotals } from "../protocol/reception_report";
import type { StageChoice } from "../protocol/stage";
import type { AudioSample, Samples, VideoSample } from "../protocol/truth";

const MS_PER_S = 1000;

/** The fields of an inbound stream that are needed (webrtc-stats §7.3); the DOM's types leave the report open. */
interface InboundStream {
  type: string;
  packetsReceived?: number;
  packetsLost?: number;
  framesDecoded?: number;
  frameHeight?: number;
  frameWidth?: number;
  freezeCount?: number;
  totalFreezesDuration?: number;
  totalSamplesReceived?: number;
  concealedSamples?: number;
  silentConcealedSamples?: number;
  jitterBufferDelay?: number;
  jitterBufferEmittedCount?: number;
}

/** The pair of addresses that is used (webrtc-stats §7.14). */
interface CandidatePair {
  type: string;
  nominated?: boolean;
  currentRoundTripTime?: number;
}

interface Received {
  stream: InboundStream;
  round_trip_ms: number | null;
}

/** livekit's own summary of a voice has no packet counts: the raw report has. */
async function receivedOf(track: RemoteTrack): Promise<Received> {
  const report = await track.getRTCStatsReport();
  const found: Received = { stream: { type: "" }, round_trip_ms: null };
  report?.forEach((entry: InboundStream & CandidatePair) => {
    if (entry.type === "inbound-rtp") found.stream = entry;
    if (entry.type === "candidate-pair" && entry.nominated === true && entry.currentRoundTripTime !== undefined) {
      found.round_trip_ms = entry.currentRoundTripTime * MS_PER_S;
    }
  });
  return found;
}

function audioSample(publication: RemoteTrackPublication, stream: InboundStream, isSpeaking: boolean): AudioSample {
  return {
    key: publication.trackSid,
    packets_received: stream.packetsReceived ?? 0,
    packets_lost: stream.packetsLost ?? 0,
    is_speaking: isSpeaking,
  };
}

function videoSample(publication: RemoteTrackPublication, stream: InboundStream, isMain: boolean): VideoSample {
  return {
    key: publication.trackSid,
    frames: stream.framesDecoded ?? 0,
    // The shorter side: a phone held upright sends 720p too.
    height: Math.min(stream.frameHeight ?? 0, stream.frameWidth ?? 0),
    is_main: isMain,
    source_height: Math.min(publication.dimensions?.height ?? 0, publication.dimensions?.width ?? 0),
    is_paused: isHeld(publication),
  };
}

const isHeld = (publication: RemoteTrackPublication): boolean =>
  publication.track?.streamState === Track.StreamState.Paused;

function totalsOf(
  publication: RemoteTrackPublication,
  stream: InboundStream,
  is: { wanted: boolean; main: boolean },
): ReceiverTotals {
  return {
    track: publication.trackSid,
    is_wanted: is.wanted,
    is_main: is.main,
    is_paused: isHeld(publication),
    width: stream.frameWidth ?? 0,
    height: stream.frameHeight ?? 0,
    frames: stream.framesDecoded ?? 0,
    freezes: stream.freezeCount ?? 0,
    frozen_ms: (stream.totalFreezesDuration ?? 0) * MS_PER_S,
    packets: stream.packetsReceived ?? 0,
    lost: stream.packetsLost ?? 0,
    samples: stream.totalSamplesReceived ?? 0,
    concealed: Math.max(0, (stream.concealedSamples ?? 0) - (stream.silentConcealedSamples ?? 0)),
    buffered_ms: (stream.jitterBufferDelay ?? 0) * MS_PER_S,
    emitted: stream.jitterBufferEmittedCount ?? 0,
  };
}

export interface Sampled {
  samples: Samples;
  totals: Omit<ReceptionTotals, "at_ms">;
}

/** Sampled is only what is wanted: what is muted, or not on the screen, is not missing. Totals are of everything. */
export async function sampleReceivers(room: Room, stage: StageChoice | null): Promise<Sampled> {
  const audio: AudioSample[] = [];
  const video: VideoSample[] = [];
  const tracks: ReceiverTotals[] = [];
  let round_trip_ms: number | null = null;
  const read = async (publication: RemoteTrackPublication, identity: string, isSpeaking: boolean): Promise<void> => {
    if (publication.track === undefined || !publication.isSubscribed) return;
    const { stream, round_trip_ms: found_ms } = await receivedOf(publication.track);
    round_trip_ms = found_ms ?? round_trip_ms;
    const isVoice = publication.kind === Track.Kind.Audio;
    const source = publication.source === Track.Source.ScreenShare ? "screen" : "camera";
    const main = !isVoice && stage?.identity === identity && stage.source === source;
    const wanted = !publication.isMuted && (isVoice || publication.isEnabled);
    tracks.push(totalsOf(publication, stream, { wanted, main }));
    if (!wanted) return;
    if (isVoice) audio.push(audioSample(publication, stream, isSpeaking));
    else video.push(videoSample(publication, stream, main));
  };
  const people = [...room.remoteParticipants.values()];
  await Promise.all(
    people.flatMap((person) =>
      [...person.trackPublications.values()].map((one) => read(one, person.identity, person.isSpeaking)),
    ),
  );
  return {
    samples: {
      audio,
      video,
      page: document.visibilityState === "visible" ? "front" : "hidden",
      is_sound_blocked: !room.canPlaybackAudio,
    },
    totals: { round_trip_ms, tracks },
  };
}
