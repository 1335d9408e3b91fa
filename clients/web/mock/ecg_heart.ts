// A drawn heart: twelve leads that look like an ECG and are none, at any sample of a session that never ends.

/** Millivolts of P, Q, R, S, T and of the ST segment's middle, by lead. */
const WAVES: Readonly<Record<string, readonly number[]>> = {
  I: [0.09, -0.06, 0.55, -0.1, 0.2, 0.0],
  II: [0.14, -0.12, 0.7, -0.35, 0.12, -0.1],
  V1: [0.05, 0, 0.25, -0.95, -0.08, 0.04],
  V2: [0.06, 0, 0.6, -1.1, 0.35, 0.05],
  V3: [0.06, -0.02, 1.1, -0.8, 0.3, -0.08],
  V4: [0.07, -0.05, 1.35, -0.45, 0.25, -0.14],
  V5: [0.07, -0.08, 1.0, -0.2, 0.2, -0.12],
  V6: [0.07, -0.08, 0.75, -0.08, 0.16, -0.08],
};
/** Where each stands from the R peak and how wide it is, seconds. */
const PLACES: readonly (readonly [number, number])[] = [
  [-0.17, 0.022],
  [-0.032, 0.008],
  [0, 0.011],
  [0.034, 0.011],
  [0.27, 0.045],
  [0.13, 0.045],
];
export const HEART_LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"] as const;
const BEAT_S = 60 / 83;

const beatAt = (number: number): number => number * BEAT_S + 0.02 * Math.sin(number * 1.7);

/** A number between 0 and 1 that looks like chance and is always the same. */
function noise(n: number): number {
  const x = Math.sin(n * 12.9898) * 43758.5453;
  return x - Math.floor(x);
}

function measured(lead: string, t_s: number, salt: number): number {
  const waves = WAVES[lead] as readonly number[];
  const nearest = Math.round(t_s / BEAT_S);
  let mv = 0.03 * Math.sin(t_s * 1.5 + salt) + 0.012 * (noise(t_s * 997 + salt * 31) - 0.5);
  for (const beat of [nearest - 1, nearest, nearest + 1]) {
    PLACES.forEach(([at, width], wave) => {
      const off = (t_s - beatAt(beat) - at) / width;
      if (Math.abs(off) < 5) mv += (waves[wave] as number) * Math.exp((-off * off) / 2);
    });
  }
  return mv;
}

/** Millivolts of all twelve leads at a moment. */
export function heartAt(t_s: number): number[] {
  const one = measured("I", t_s, 1);
  const two = measured("II", t_s, 2);
  const limbs = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2];
  return [...limbs, ...["V1", "V2", "V3", "V4", "V5", "V6"].map((lead, i) => measured(lead, t_s, 3 + i))];
}
