// What one page really receives, measured from its own receivers: the cells of the truth panel.
//
// A page samples every receiver once a second and feeds the samples to `measure`, which keeps a short memory and
// returns the page's report. Reports travel between pages as lossy data; a report is about the page that made it.

import { linkWord, type LinkWord } from "./link_word";

/** Speech loss above this is audible as missing syllables (interface.md §3). */
export const LOSS_LIMIT_PERCENT = 5;
/** A speaker from whom nothing came for this long is not heard. */
export const SILENCE_LIMIT_MS = 3000;
/** Below this height faces and skin cannot be judged. */
export const HEIGHT_LIMIT = 360;
/** Below this rate movement cannot be judged. */
export const FPS_LIMIT = 10;
/** A picture without a new frame for this long is frozen. */
export const FREEZE_LIMIT_MS = 1000;
/** A picture without a new frame for this long is gone: no longer frozen, but stopped. */
export const STOPPED_LIMIT_MS = 3000;
/** Loss and rate are taken over this window: one lost packet must not flash a cell. */
export const WINDOW_MS = 5000;
/** A report older than this no longer says anything: reports come each second, lossy, so three may be lost. */
export const REPORT_LIFE_MS = 4000;

export type CellState = "good" | "degraded" | "none" | "na";
export type PageState = "front" | "hidden";

/** Counters of one audio receiver; totals since it began. */
export interface AudioSample {
  key: string;
  packets_received: number;
  packets_lost: number;
  /** The server says that its sender is speaking now. */
  is_speaking: boolean;
}

/** Counters of one video receiver; totals since it began. */
export interface VideoSample {
  key: string;
  frames: number;
  height: number;
  /** It is the picture on the stage; the others are thumbnails, small by choice. */
  is_main: boolean;
  /** The tallest picture the sender offers, in pixels; 0 when unknown. A 240p camera is not a bad link. */
  source_height: number;
  /** The server stopped it to save the link. */
  is_paused: boolean;
}

export interface Samples {
  audio: readonly AudioSample[];
  video: readonly VideoSample[];
  page: PageState;
  /** The browser refuses to play sound until someone clicks. */
  is_sound_blocked: boolean;
}

export interface HearReport {
  state: CellState;
  lost_percent: number;
  /** How many speakers are not heard. */
  silent: number;
}

export interface SeeReport {
  state: CellState;
  height: number;
  fps: number;
  /** How many pictures have stopped. */
  stopped: number;
}

export const ECG_SIGHTS = ["live", "late", "stopped", "missing", "complete", "open"] as const;
/** What is seen of an ECG: it comes, late or not; nothing comes; a part is missing; all is there, or may not be yet. */
export type EcgSight = (typeof ECG_SIGHTS)[number];

export interface EcgReport {
  state: CellState;
  sight: EcgSight;
  /** How late, for how long, or how much is missing; 0 where that says nothing. */
  seconds: number;
}

export interface TruthReport {
  hear: HearReport;
  see: SeeReport;
  page: PageState;
  /** Of the ECG on this page; absent where none is open. */
  ecg?: EcgReport;
  /** What the service says of its link; absent while the link carries all that the page wants. */
  link?: LinkWord;
}

interface Point {
  at_ms: number;
  count: number;
  lost: number;
}

interface Track {
  points: readonly Point[];
  /** When the count last grew (or the track was first seen). */
  grew_at_ms: number;
}

/** What `measure` must be given back at its next call. */
export interface Memory {
  readonly audio: ReadonlyMap<string, Track>;
  readonly video: ReadonlyMap<string, Track>;
}

export const EMPTY_MEMORY: Memory = { audio: new Map(), video: new Map() };

function remember(before: Track | undefined, count: number, lost: number, now_ms: number): Track {
  const last = before?.points.at(-1);
  // A receiver that starts again (reconnected) counts from zero: its past is of no use.
  if (before === undefined || last === undefined || count < last.count) {
    return { points: [{ at_ms: now_ms, count, lost }], grew_at_ms: now_ms };
  }
  const points = [
    ...before.points.filter((point) => now_ms - point.at_ms <= WINDOW_MS),
    { at_ms: now_ms, count, lost },
  ];
  return { points, grew_at_ms: count > last.count ? now_ms : before.grew_at_ms };
}

function change(track: Track): { count: number; lost: number; span_ms: number } {
  const first = track.points[0];
  const last = track.points.at(-1);
  /* v8 ignore next -- a track always has a point; the type does not say so */
  if (first === undefined || last === undefined) return { count: 0, lost: 0, span_ms: 0 };
  return {
    count: last.count - first.count,
    lost: Math.max(0, last.lost - first.lost),
    span_ms: last.at_ms - first.at_ms,
  };
}

function hear(samples: Samples, tracks: ReadonlyMap<string, Track>, now_ms: number): HearReport {
  if (samples.audio.length === 0) return { state: "na", lost_percent: 0, silent: 0 };
  if (samples.is_sound_blocked) return { state: "none", lost_percent: 0, silent: samples.audio.length };
  let worst = 0;
  let silent = 0;
  let idle = 0;
  for (const sample of samples.audio) {
    const track = tracks.get(sample.key);
    /* v8 ignore next -- `measure` has just remembered every sample */
    if (track === undefined) continue;
    if (now_ms - track.grew_at_ms > SILENCE_LIMIT_MS) {
      if (sample.is_speaking) silent += 1;
      else idle += 1;
      continue;
    }
    const { count, lost } = change(track);
    if (count + lost > 0) worst = Math.max(worst, (100 * lost) / (count + lost));
  }
  const lost_percent = Math.round(worst);
  if (silent === samples.audio.length) return { state: "none", lost_percent, silent };
  if (silent > 0 || worst > LOSS_LIMIT_PERCENT) return { state: "degraded", lost_percent, silent };
  // Nobody speaks and nothing comes: that is not "clear", it is no data.
  if (idle === samples.audio.length) return { state: "na", lost_percent: 0, silent: 0 };
  return { state: "good", lost_percent, silent };
}

/** Which pictures have stopped, and when their last new frame came. */
function stoppedSince(samples: Samples, tracks: ReadonlyMap<string, Track>, now_ms: number): Map<string, number> {
  const stopped = new Map<string, number>();
  for (const sample of samples.video) {
    const track = tracks.get(sample.key);
    /* v8 ignore next -- `measure` has just remembered every sample */
    if (track === undefined) continue;
    if (sample.is_paused || now_ms - track.grew_at_ms > STOPPED_LIMIT_MS) stopped.set(sample.key, track.grew_at_ms);
  }
  return stopped;
}

function see(
  samples: Samples,
  tracks: ReadonlyMap<string, Track>,
  stoppedKeys: ReadonlyMap<string, number>,
  now_ms: number,
): SeeReport {
  if (samples.video.length === 0) return { state: "na", height: 0, fps: 0, stopped: 0 };
  const stopped = stoppedKeys.size;
  if (stopped === samples.video.length) return { state: "none", height: 0, fps: 0, stopped };
  // The figure shown is that of the picture on the stage; when that has stopped, of the best picture left.
  const alive = samples.video.filter((sample) => !stoppedKeys.has(sample.key));
  const main = alive.find((sample) => sample.is_main) ?? alive.reduce((a, b) => (b.height > a.height ? b : a));
  const track = tracks.get(main.key);
  /* v8 ignore next -- as above */
  if (track === undefined) return { state: "na", height: 0, fps: 0, stopped };
  const { count, span_ms } = change(track);
  const fps = span_ms > 0 ? Math.round((1000 * count) / span_ms) : 0;
  const limit = main.source_height > 0 ? Math.min(HEIGHT_LIMIT, main.source_height) : HEIGHT_LIMIT;
  const isSmall = main.is_main && main.height < limit;
  const isSlow = span_ms > 0 && fps < FPS_LIMIT;
  const isFrozen = now_ms - track.grew_at_ms > FREEZE_LIMIT_MS;
  const state = stopped > 0 || isSmall || isSlow || isFrozen ? "degraded" : "good";
  return { state, height: main.height, fps, stopped };
}

export interface Measured {
  memory: Memory;
  report: TruthReport;
  /** Pictures that have stopped: key to the time of the last new frame, on the clock of `now_ms`. */
  stopped_since_ms: ReadonlyMap<string, number>;
}

/** Measures one second. `now_ms` is monotonic. */
export function measure(memory: Memory, samples: Samples, now_ms: number): Measured {
  const audio = new Map<string, Track>();
  for (const sample of samples.audio) {
    const track = remember(memory.audio.get(sample.key), sample.packets_received, sample.packets_lost, now_ms);
    audio.set(sample.key, track);
  }
  const video = new Map<string, Track>();
  for (const sample of samples.video) {
    video.set(sample.key, remember(memory.video.get(sample.key), sample.frames, 0, now_ms));
  }
  const stopped = stoppedSince(samples, video, now_ms);
  return {
    memory: { audio, video },
    report: {
      hear: hear(samples, audio, now_ms),
      see: see(samples, video, stopped, now_ms),
      page: samples.page,
    },
    stopped_since_ms: stopped,
  };
}

/** The report as it travels. */
export function reportToSend(report: TruthReport): string {
  return JSON.stringify(report);
}

const STATES: readonly string[] = ["good", "degraded", "none", "na"];

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 && value <= 100_000;

const count = (value: unknown): number => (isCount(value) ? Math.round(value) : 0);

/** A report from another page, or null: it comes from someone else's machine, so nothing in it is believed unchecked. */
export function receivedReport(text: string): TruthReport | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const hear = value["hear"];
  const see = value["see"];
  if (!isRecord(hear) || !isRecord(see)) return null;
  if (!STATES.includes(String(hear["state"])) || !STATES.includes(String(see["state"]))) return null;
  return {
    hear: {
      state: hear["state"] as CellState,
      lost_percent: Math.min(100, count(hear["lost_percent"])),
      silent: count(hear["silent"]),
    },
    see: {
      state: see["state"] as CellState,
      height: count(see["height"]),
      fps: count(see["fps"]),
      stopped: count(see["stopped"]),
    },
    page: value["page"] === "hidden" ? "hidden" : "front",
    ...ecgOf(value["ecg"]),
    ...linkOf(value["link"]),
  };
}

function linkOf(value: unknown): { link?: LinkWord } {
  const link = linkWord(value);
  return link === null || link.rung === 0 ? {} : { link };
}

function ecgOf(value: unknown): { ecg?: EcgReport } {
  if (!isRecord(value)) return {};
  const sight = ECG_SIGHTS.find((one) => one === value["sight"]);
  if (sight === undefined || !STATES.includes(String(value["state"]))) return {};
  const seconds = isCount(value["seconds"]) ? Math.round(value["seconds"] * 10) / 10 : 0;
  return { ecg: { state: value["state"] as CellState, sight, seconds } };
}

/** How fresh a report is that was received at `received_at_ms`. */
export type Freshness = { kind: "fresh" } | { kind: "stale"; age_ms: number };

export function freshness(received_at_ms: number, now_ms: number): Freshness {
  const age_ms = now_ms - received_at_ms;
  return age_ms > REPORT_LIFE_MS ? { kind: "stale", age_ms } : { kind: "fresh" };
}
