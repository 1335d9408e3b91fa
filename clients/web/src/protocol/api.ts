// The shapes of the pages' own API (/api/v1), and how an answer that is no success is understood.

export interface DemoAccount {
  account: string;
  name: string;
  place: string;
  password: string;
}

export type TwoLanguages = { zh: string; en: string };

export interface RoomSummary {
  room: string;
  title: TwoLanguages;
  recording_policy: "on_request" | "never";
  is_recording: boolean;
  opened_at_ms: number | null;
  participants: { identity: string; name: string }[];
}

export interface RoomToken {
  token: string;
  room: string;
  identity: string;
}

/** One thing that happened in a room. Kinds may be added by the server, so the type stays open. */
export interface RoomEvent {
  sequence: number;
  at_ms: number;
  kind: string;
  actor_name: string;
  text: string;
}

export type RecordingState = "recording" | "sealed" | "interrupted";

export interface RecordingSummary {
  recording_id: string;
  room: string;
  title: TwoLanguages | string;
  state: RecordingState;
  started_at_ms: number;
  duration_ms: number;
  participants: string[];
  gap_count: number;
  /** The cause of a loss that is going on right now; null when all is well. */
  trouble?: string | null;
}

export interface Span {
  from_ms: number;
  to_ms: number;
}

export interface Gap extends Span {
  cause: string;
}

export interface Lane {
  identity: string;
  name: string;
  /** Empty for a participant of whom nothing was recorded. */
  media_url: string;
  media_type: string;
  starts_at_ms: number;
  spans: Span[];
  gaps: Gap[];
}

export interface RecordedEvent extends RoomEvent {
  offset_ms: number;
}

/** From `offset_ms` on: how long the way from a participant took, and whether they were where the patient is. */
export interface PictureClock {
  readonly offset_ms: number;
  readonly identity: string;
  readonly way_us: number;
  readonly is_with_patient: boolean;
}

/** What the clock of an ECG's gateway read at `offset_ms`. */
export interface EcgClock {
  readonly offset_ms: number;
  readonly ecg: string;
  readonly gateway_us: number;
}

/** What puts pictures and ECGs on one axis, in order of time. */
export interface RecordedClocks {
  readonly pictures: readonly PictureClock[];
  readonly ecgs: readonly EcgClock[];
}

export interface RecordingDetail extends RecordingSummary {
  lanes: Lane[];
  events: RecordedEvent[];
  clocks: RecordedClocks;
}

export interface Fault {
  file: string;
  offset: number | null;
  code: string;
}

export interface KnownGap extends Gap {
  identity: string;
}

export interface Verification {
  integrity: {
    verdict: "unaltered" | "altered" | "unchecked";
    segments: number;
    signature: "valid" | "invalid" | "unknown_key";
    fault: Fault | null;
  };
  completeness: {
    verdict: "nothing_missing" | "something_missing" | "unchecked";
    events_from: number;
    events_to: number;
    known_gaps: KnownGap[];
    fault: Fault | null;
  };
}

/** What the events socket pushes. "case": something was done to a consultation, or said for it (a consent). */
export type Push =
  | { type: "rooms" }
  | { type: "room_event"; room: string; event: RoomEvent }
  | { type: "case"; case: string; kind: string };

/** What screens are told: pushes, and that the socket is open (again), so that something may have been missed. */
export type News = Push | { type: "reopened" };

/** A refusal or failure the server put into words; `status` 0 means that no answer came at all. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string;
  /** The server's sentence, in the language that the request asked for; null when it sent none. */
  readonly words: string | null;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, words: string | null, facts: Record<string, unknown>) {
    super(code);
    this.name = "ApiFailure";
    this.status = status;
    this.code = code;
    this.words = words;
    this.facts = facts;
  }

  get isOffline(): boolean {
    return this.status === 0;
  }

  /** A whole number among the facts, such as `tries_left`; null when it is absent or no number. */
  number(fact: string): number | null {
    const value = this.facts[fact];
    return typeof value === "number" && Number.isFinite(value) ? Math.round(value) : null;
  }
}

/** The failure when the request got no answer. */
export function unreachable(): ApiFailure {
  return new ApiFailure(0, "unreachable", null, {});
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads an error body; a body that is not ours (a proxy's page) still gives a failure, named by its status. */
export function failureFrom(status: number, body: unknown): ApiFailure {
  // A gateway that answers for a service which is down is, for the person at the page, the same as no answer.
  if (status === 502 || status === 504) return unreachable();
  if (!isRecord(body) || typeof body["code"] !== "string") return new ApiFailure(status, `http_${status}`, null, {});
  const { code, detail, ...rest } = body;
  // The other members of problem+json (RFC 9457) tell the reader of a log what the code tells us.
  const facts = Object.fromEntries(Object.entries(rest).filter(([name]) => !PROBLEM_MEMBERS.has(name)));
  const words = typeof detail === "string" && detail !== "" ? detail : null;
  return new ApiFailure(status, code, words, facts);
}

const PROBLEM_MEMBERS: ReadonlySet<string> = new Set(["type", "title", "status", "instance"]);

/** Reads one push of the events socket; null when it is not one of ours (newer servers may say more). */
export function pushFrom(text: string): Push | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  if (value["type"] === "rooms") return { type: "rooms" };
  if (value["type"] === "event") return casePushFrom(value);
  const event = value["event"];
  if (value["type"] !== "room_event" || typeof value["room"] !== "string" || !isRecord(event)) return null;
  if (typeof event["sequence"] !== "number" || typeof event["at_ms"] !== "number") return null;
  return {
    type: "room_event",
    room: value["room"],
    event: {
      sequence: event["sequence"],
      at_ms: event["at_ms"],
      kind: String(event["kind"]),
      actor_name: typeof event["actor_name"] === "string" ? event["actor_name"] : "",
      text: typeof event["text"] === "string" ? event["text"] : "",
    },
  };
}

/** An event of the ledger that is about a case; null for all others. */
function casePushFrom(value: Record<string, unknown>): Push | null {
  const subject = value["subject"];
  const id = isRecord(subject) ? subject["case"] : undefined;
  return typeof id === "string" && id !== "" ? { type: "case", case: id, kind: String(value["kind"]) } : null;
}

/** Joins two lists of room events, oldest first, each once. A service that was started anew counts from 1 again. */
export function mergeEvents(known: readonly RoomEvent[], more: readonly RoomEvent[]): RoomEvent[] {
  const events = new Map<string, RoomEvent>();
  for (const event of [...known, ...more]) events.set(`${event.at_ms} ${event.sequence}`, event);
  return [...events.values()].sort((a, b) => a.at_ms - b.at_ms || a.sequence - b.sequence);
}

/** The cause of a loss that the recording suffers now, as the room's events tell it; null when it suffers none. */
export function recordingTrouble(events: readonly RoomEvent[]): string | null {
  const last = events.filter((event) => event.kind.startsWith("recording_")).at(-1);
  return last?.kind === "recording_trouble" ? last.text : null;
}

/** A title in one language; older recordings may carry a single string. */
export function titleIn(title: TwoLanguages | string, language: "zh" | "en"): string {
  return typeof title === "string" ? title : title[language];
}
