// What a room looks like from one page at one moment: plain values that the screens draw.

import type { DeviceProblem } from "./devices";
import type { Ending } from "./ending";
import type { Level } from "./ladder";
import type { TruthReport } from "./truth";

export type Link = "connecting" | "connected" | "reconnecting" | "ended";

/** The step of entering that is under way. */
export type EnterStep = "token" | "signal" | "media";

export interface Picture {
  key: string;
  /** waiting: it is sent, and has not come here yet. */
  state: "live" | "off" | "stopped" | "waiting";
  /** The service holds it back: the link does not carry it. */
  is_held: boolean;
  /** For how long no frame has come, in milliseconds; 0 unless stopped. */
  stopped_ms: number;
  /** It shows the page's own camera, which people expect to see as in a mirror. */
  is_mirror: boolean;
}

export type LinkQuality = "good" | "poor" | "lost" | "unknown";

export interface Person {
  identity: string;
  name: string;
  place: string;
  is_self: boolean;
  is_speaking: boolean;
  is_muted: boolean;
  camera: Picture | null;
  screen: Picture | null;
  quality: LinkQuality;
  /** The last report of that person's page; null when it never reported. */
  report: TruthReport | null;
  /** Age of that report in milliseconds; without a report, how long the person has been here. */
  report_age_ms: number;
}

export interface OwnDevice {
  is_on: boolean;
  /** It is being opened or closed. */
  is_busy: boolean;
  problem: DeviceProblem | null;
}

export interface MeetingView {
  room: string;
  link: Link;
  step: EnterStep;
  /** Tries since the link was lost. */
  tries: number;
  ending: Ending | null;
  entered_at_ms: number | null;
  /** The person at the page is the last. */
  people: readonly Person[];
  is_recording: boolean;
  is_sound_blocked: boolean;
  microphone: OwnDevice;
  camera: OwnDevice;
  screen: OwnDevice;
  level: Level;
  /** Whose report asks for the level; null when it is the link itself or nobody's. */
  worst: Person | null;
}

/** With what a person enters. */
export interface EnterChoices {
  with_microphone: boolean;
  with_camera: boolean;
  microphone_id: string | null;
  camera_id: string | null;
  speaker_id: string | null;
}
