// What the service says this page's link carries: its rung on the ladder, by an estimate that only the sender can make.

/** Words come every 2.5 s, lossy: two may be lost before the last one says nothing any more. */
export const LINK_WORD_LIFE_MS = 8000;
const RUNGS = [0, 1, 2, 3, 4] as const;

export interface LinkWord {
  rung: (typeof RUNGS)[number];
  carries_kbps: number;
}

/** The word in a message; null where it says nothing that is understood. */
export function linkWord(value: unknown): LinkWord | null {
  if (typeof value !== "object" || value === null) return null;
  const { rung: told, carries_kbps } = value as Record<string, unknown>;
  const rung = RUNGS.find((one) => one === told);
  const isRate = typeof carries_kbps === "number" && carries_kbps >= 0 && carries_kbps <= 10_000_000;
  return rung === undefined ? null : { rung, carries_kbps: isRate ? Math.round(carries_kbps) : 0 };
}

/** The word as it came over the line. */
export function receivedLinkWord(content: Uint8Array): LinkWord | null {
  try {
    return linkWord(JSON.parse(new TextDecoder().decode(content)));
  } catch {
    return null;
  }
}
