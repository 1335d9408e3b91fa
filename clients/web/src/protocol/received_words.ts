// What the ledger keeps of what one person received (`qos.received`), as words for one line: only what is known.

export type ReceivedKey =
  | "received.size"
  | "received.fps"
  | "received.frozen"
  | "received.paused"
  | "received.madeUp"
  | "received.lost"
  | "received.delay"
  | "received.rate";

export interface ReceivedPart {
  key: ReceivedKey;
  values: Readonly<Record<string, number | string>>;
}

const tenths = (value: number, of: number): string => (Math.round((10 * value) / of) / 10).toString();

/** The parts of the line, in their order. */
export function receivedParts(after: Readonly<Record<string, unknown>>): ReceivedPart[] {
  const parts: ReceivedPart[] = [];
  const add = (name: string, key: ReceivedKey, value: (told: number) => Record<string, number | string>): void => {
    const told = after[name];
    if (typeof told === "number") parts.push({ key, values: value(told) });
  };
  const width = after["width"];
  // The shorter side: a phone held upright shows 720p too.
  add("height", "received.size", (told) => ({ height: typeof width === "number" ? Math.min(width, told) : told }));
  add("fps", "received.fps", (told) => ({ fps: told }));
  add("frozen_ms", "received.frozen", (told) => ({ seconds: tenths(told, 1000) }));
  add("paused_ms", "received.paused", (told) => ({ seconds: tenths(told, 1000) }));
  add("concealed_permille", "received.madeUp", (told) => ({ percent: tenths(told, 10) }));
  add("lost_permille", "received.lost", (told) => ({ percent: tenths(told, 10) }));
  add("delay_ms", "received.delay", (told) => ({ delay_ms: told }));
  add("sent_kbps", "received.rate", (told) => ({ kbps: told }));
  return parts;
}
