// Reads the counters of every receiver of a room, as samples for the truth panel.

import { Track, type RemoteTrack, type RemoteTrackPublication, type Room } from "livekit-client";
import type { StageChoice } from "../protocol/stage";
import type { AudioSample, Samples, VideoSample } from "../protocol/truth";

/** The fields of an inbound stream that the panel needs (webrtc-stats §7.3); the DOM's types leave the report open. */
interface InboundStream {
  type: string;
  packetsReceived?: number;
  packetsLost?: number;
  framesDecoded?: number;
  frameHeight?: number;
  frameWidth?: number;
}

/** livekit's own summary of a voice has no packet counts: the raw report has. */
async function inbound(track: RemoteTrack): Promise<InboundStream> {
  const report = await track.getRTCStatsReport();
  let found: InboundStream = { type: "" };
  report?.forEach((entry: InboundStream) => {
    if (entry.type === "inbound-rtp") found = entry;
  });
  return found;
}

async function audioSample(publication: RemoteTrackPublication, isSpeaking: boolean): Promise<AudioSample | null> {
  if (publication.track === undefined) return null;
  const stream = await inbound(publication.track);
  return {
    key: publication.trackSid,
    packets_received: stream.packetsReceived ?? 0,
    packets_lost: stream.packetsLost ?? 0,
    is_speaking: isSpeaking,
  };
}

async function videoSample(publication: RemoteTrackPublication, isMain: boolean): Promise<VideoSample | null> {
  if (publication.track === undefined) return null;
  const stream = await inbound(publication.track);
  return {
    key: publication.trackSid,
    frames: stream.framesDecoded ?? 0,
    // The shorter side: a phone held upright sends 720p too.
    height: Math.min(stream.frameHeight ?? 0, stream.frameWidth ?? 0),
    is_main: isMain,
    source_height: Math.min(publication.dimensions?.height ?? 0, publication.dimensions?.width ?? 0),
    is_paused: publication.track.streamState === Track.StreamState.Paused,
  };
}

/** Only what is wanted is sampled: what is muted, or not on the screen, is not missing. */
export async function sampleReceivers(room: Room, stage: StageChoice | null): Promise<Samples> {
  const audio: Promise<AudioSample | null>[] = [];
  const video: Promise<VideoSample | null>[] = [];
  for (const person of room.remoteParticipants.values()) {
    for (const publication of person.trackPublications.values()) {
      if (publication.isMuted || !publication.isSubscribed) continue;
      if (publication.kind === Track.Kind.Audio) audio.push(audioSample(publication, person.isSpeaking));
      else if (publication.isEnabled) {
        const source = publication.source === Track.Source.ScreenShare ? "screen" : "camera";
        video.push(videoSample(publication, stage?.identity === person.identity && stage.source === source));
      }
    }
  }
  const isSample = <T>(sample: T | null): sample is T => sample !== null;
  return {
    audio: (await Promise.all(audio)).filter(isSample),
    video: (await Promise.all(video)).filter(isSample),
    page: document.visibilityState === "visible" ? "front" : "hidden",
    is_sound_blocked: !room.canPlaybackAudio,
  };
}
