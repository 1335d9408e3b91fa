// Why a camera or a microphone did not open, and what loudness looks like in seven bars.

/** `insecure`: the browser gives devices only to https or localhost pages. */
export type DeviceProblem = "insecure" | "refused" | "missing" | "busy" | "failed";

const BY_NAME: ReadonlyMap<string, DeviceProblem> = new Map([
  ["NotAllowedError", "refused"],
  ["PermissionDeniedError", "refused"],
  ["SecurityError", "insecure"],
  ["NotFoundError", "missing"],
  ["DevicesNotFoundError", "missing"],
  ["OverconstrainedError", "missing"],
  ["NotReadableError", "busy"],
  ["TrackStartError", "busy"],
  ["AbortError", "busy"],
]);

/** Reads the name of what `getUserMedia` threw. */
export function problemOf(errorName: string): DeviceProblem {
  return BY_NAME.get(errorName) ?? "failed";
}

export const BARS = 7;
/** Quieter than this is a room, not a voice. */
const FLOOR_DB = -55;
/** Louder than this is shouting into the microphone. */
const CEILING_DB = -12;

/** Lit bars, 0 to 7, for samples between -1 and 1. */
export function barsOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  if (rms === 0) return 0;
  const db = 20 * Math.log10(rms);
  const part = (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB);
  return Math.max(0, Math.min(BARS, Math.round(part * BARS)));
}
