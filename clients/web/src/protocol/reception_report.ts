// What came of each track since the last report, for the record: what a page tells the service every five seconds.
//
// Receivers count from their beginning; the record wants what came meanwhile. The service checks what it is told
// (signaling/reception/page_report.py) and refuses a report that could not be true.

export const RECEPTION_EVERY_MS = 5000;
/** Of a computer that slept: what came over so long a time is nobody's reception at a moment. */
const SPAN_LIMIT_MS = 120_000;
const TRACKS_LIMIT = 40;

/** Counters of one receiver; totals since it began. */
export interface ReceiverTotals {
  track: string;
  /** It is shown, or to be heard: neither muted nor off the screen. */
  is_wanted: boolean;
  is_main: boolean;
  /** The service holds it back because of the link. */
  is_paused: boolean;
  width: number;
  height: number;
  frames: number;
  freezes: number;
  frozen_ms: number;
  packets: number;
  lost: number;
  /** Sound that was played, and what of it was made up: silence that was made up is none. */
  samples: number;
  concealed: number;
  /** How long all that was played waited in the jitter buffer, and how many samples or frames that was. */
  buffered_ms: number;
  emitted: number;
}

export interface ReceptionTotals {
  /** Monotonic. */
  at_ms: number;
  round_trip_ms: number | null;
  tracks: readonly ReceiverTotals[];
}

const COUNTED = ["frames", "freezes", "frozen_ms", "packets", "lost", "samples", "concealed"] as const;

function since(before: ReceiverTotals | undefined, now: ReceiverTotals): object {
  const grown = (name: (typeof COUNTED)[number] | "buffered_ms" | "emitted"): number => {
    const more = now[name] - (before?.[name] ?? 0);
    // A receiver that starts again counts from zero: all that it has is new.
    return Math.max(0, more < 0 ? now[name] : more);
  };
  const emitted = grown("emitted");
  return {
    track: now.track,
    is_main: now.is_main,
    is_paused: now.is_paused,
    width: now.width,
    height: now.height,
    ...Object.fromEntries(COUNTED.map((name) => [name, Math.round(grown(name))])),
    buffer_ms: emitted === 0 ? 0 : Math.round(grown("buffered_ms") / emitted),
  };
}

/** The report of what came between two looks, as it travels; null where it would say nothing of a moment. */
export function receptionReport(before: ReceptionTotals, now: ReceptionTotals): string | null {
  const span_ms = Math.round(now.at_ms - before.at_ms);
  if (span_ms < 1 || span_ms > SPAN_LIMIT_MS) return null;
  const known = new Map(before.tracks.map((one) => [one.track, one]));
  const wanted = now.tracks.filter((one) => one.is_wanted).slice(0, TRACKS_LIMIT);
  return JSON.stringify({
    span_ms,
    round_trip_ms: now.round_trip_ms === null ? null : Math.round(now.round_trip_ms),
    tracks: wanted.map((one) => since(known.get(one.track), one)),
  });
}
