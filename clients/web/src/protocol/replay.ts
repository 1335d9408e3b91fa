// The replay of a consultation: what happened in the case and what was recorded, on the axis of one recording.

import { isRecord, type RecordedEvent } from "./api";

/** One event of a case, out of the reader's own ledger. */
export interface CaseEvent {
  sequence: number;
  at_ms: number;
  kind: string;
  actor_name: string;
  /** What it changed, by ids, words of fixed lists and numbers. */
  facts: Readonly<Record<string, unknown>>;
  /** Where it lies in the timeline's recording; null outside it. */
  position_ms: number | null;
}

export interface CaseTimeline {
  events: readonly CaseEvent[];
  /** The recording that the positions are of; "" without one. */
  recording: string;
}

/** One line of the list under the player. */
export interface ReplayEntry {
  key: string;
  at_ms: number;
  /** Null: it happened while nothing was recorded, so there is no place to jump to. */
  offset_ms: number | null;
  kind: string;
  actor_name: string;
  /** A mark's own words; "" of an event of the case. */
  text: string;
  is_of_case: boolean;
  /** Of an event of the case: what it changed. */
  facts: Readonly<Record<string, unknown>>;
}

/** Rooms of cases are called by the id of their case (clinical/ids.py); "" for any other room. */
export function caseOfRoom(room: string): string {
  return room.startsWith("ca_") ? room : "";
}

const word = (value: unknown): string => (typeof value === "string" ? value : "");
const isWhole = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

function eventFrom(value: unknown): CaseEvent[] {
  if (!isRecord(value) || !isWhole(value["sequence"]) || !isWhole(value["at_ms"])) return [];
  const place = value["media_position_ms"];
  return [
    {
      sequence: value["sequence"],
      at_ms: value["at_ms"],
      kind: word(value["kind"]),
      actor_name: word(value["actor_name"]),
      facts: isRecord(value["facts"]) ? value["facts"] : {},
      position_ms: isWhole(place) ? place : null,
    },
  ];
}

/** Reads an answer of /consultations/{id}/timeline; what cannot be read is left out. */
export function caseTimelineFrom(answer: unknown): CaseTimeline {
  if (!isRecord(answer) || !Array.isArray(answer["events"])) return { events: [], recording: "" };
  return { events: answer["events"].flatMap(eventFrom), recording: word(answer["recording"]) };
}

/** A recording as far as the replay needs it. */
export interface Recorded {
  recording_id: string;
  started_at_ms: number;
  duration_ms: number;
  events: readonly RecordedEvent[];
}

/** A case may have several recordings: in another than the timeline's, the server's clock says the place. */
function placeIn(recorded: Recorded, timeline: CaseTimeline, event: CaseEvent): number | null {
  if (timeline.recording === recorded.recording_id) return event.position_ms;
  const offset_ms = event.at_ms - recorded.started_at_ms;
  return offset_ms >= 0 && offset_ms <= recorded.duration_ms ? offset_ms : null;
}

/**
 * The list under the player, by time. With a timeline the case's events say who came, went and was recorded, and of the
 * recording's own events only the marks stay; without one they all do.
 */
export function replayEntries(recorded: Recorded, timeline: CaseTimeline | null): ReplayEntry[] {
  const own = recorded.events
    .filter((event) => timeline === null || event.kind === "mark")
    .map((event) => ({
      key: `r${event.sequence}`,
      at_ms: recorded.started_at_ms + event.offset_ms,
      offset_ms: event.offset_ms,
      kind: event.kind,
      actor_name: event.actor_name,
      text: event.text,
      is_of_case: false,
      facts: {},
    }));
  if (timeline === null) return own;
  const told = timeline.events.map((event) => ({
    key: `c${event.sequence}`,
    at_ms: event.at_ms,
    offset_ms: placeIn(recorded, timeline, event),
    kind: event.kind,
    actor_name: event.actor_name,
    text: "",
    is_of_case: true,
    facts: event.facts,
  }));
  return [...own, ...told].sort((a, b) => a.at_ms - b.at_ms);
}

/** Events that stand too near each other on the axis to be pressed one by one. */
export interface EntryGroup {
  readonly offset_ms: number;
  readonly entries: readonly ReplayEntry[];
}

/** What has a place on the axis, in order; what lies within `1 / most` of it after a group's first is of the group. */
export function entryGroups(entries: readonly ReplayEntry[], duration_ms: number, most: number): EntryGroup[] {
  const groups: { offset_ms: number; entries: ReplayEntry[] }[] = [];
  const placed = entries.flatMap((one) => (one.offset_ms === null ? [] : [{ offset_ms: one.offset_ms, entry: one }]));
  for (const { offset_ms, entry } of placed.sort((a, b) => a.offset_ms - b.offset_ms)) {
    const last = groups.at(-1);
    if (last !== undefined && offset_ms - last.offset_ms < duration_ms / most) last.entries.push(entry);
    else groups.push({ offset_ms, entries: [entry] });
  }
  return groups;
}

/** The entry that the position has last passed; null before the first that has a place. */
export function currentEntry(entries: readonly ReplayEntry[], position_ms: number): string | null {
  return entries.filter((one) => one.offset_ms !== null && one.offset_ms <= position_ms + 1).at(-1)?.key ?? null;
}
