// Vitals as tiles and trends: the newest value of each kind with its age; an old heart rate is no heart rate.

import type { Vital } from "../protocol/ecg";

/** In the order in which they stand. */
export const VITAL_KINDS = ["hr", "spo2", "nibp", "rr", "temp"] as const;
export type VitalKind = (typeof VITAL_KINDS)[number];

/** An older one is shown as "--": at 20 a minute beats are 3 s apart (clinical/heart_rate.py). */
export const HEART_RATE_LIFE_MS = 3000;
/** A value that comes each second is old after this; one that is taken now and then (pressure) is not, it has its age. */
export const STREAMED_LIFE_MS = 10_000;
/** Of each code: an hour of one value in five seconds. */
export const MOST_TREND_POINTS = 720;
const MS = 1000;

type Part = "hr" | "spo2" | "sys" | "dia" | "rr" | "temp";

/**
 * IEEE 11073-10101 names and numbers beside short names; what is none of them is not shown.
 * Of a pulse oximeter's pulse and the ECG's heart rate the latter is meant: the former is left out.
 */
const PARTS: Readonly<Record<string, Part>> = {
  hr: "hr",
  mdc_ecg_heart_rate: "hr",
  "147842": "hr",
  spo2: "spo2",
  mdc_puls_oxim_sat_o2: "spo2",
  "150456": "spo2",
  nibp_sys: "sys",
  mdc_press_bld_noninv_sys: "sys",
  "150021": "sys",
  nibp_dia: "dia",
  mdc_press_bld_noninv_dia: "dia",
  "150022": "dia",
  rr: "rr",
  mdc_resp_rate: "rr",
  "151562": "rr",
  temp: "temp",
  mdc_temp: "temp",
  "150344": "temp",
};
const KIND_OF: Readonly<Record<Part, VitalKind>> = {
  hr: "hr",
  spo2: "spo2",
  sys: "nibp",
  dia: "nibp",
  rr: "rr",
  temp: "temp",
};

/** The newest of a kind. */
export interface VitalTile {
  readonly kind: VitalKind;
  readonly newest: Vital;
  /** The lower number of a pressure; null for all others, and where it is not known. */
  readonly lower: Vital | null;
  readonly age_ms: number;
  /** Too old, or said to be invalid: its number is not to be shown. */
  readonly isGone: boolean;
}

export class Vitals {
  /** By part and source, in order of time. */
  private readonly series = new Map<string, Vital[]>();

  /** Values may come in any order, and twice: what was here first stays. */
  receive(values: readonly Vital[]): void {
    const come = new Map<string, Vital[]>();
    for (const value of values) {
      const part = PARTS[value.code.toLowerCase()];
      if (part === undefined) continue;
      const key = `${part} ${value.source}`;
      const found = come.get(key);
      if (found === undefined) come.set(key, [value]);
      else found.push(value);
    }
    for (const [key, found] of come) {
      const byTime = new Map<number, Vital>();
      for (const value of [...(this.series.get(key) ?? []), ...found])
        if (!byTime.has(value.t_us)) byTime.set(value.t_us, value);
      const sorted = [...byTime.values()].sort((a, b) => a.t_us - b.t_us);
      this.series.set(key, sorted.slice(-MOST_TREND_POINTS));
    }
  }

  /** One for each kind and source of which there is a value, in the order of VITAL_KINDS; `now_us`: of the gateway. */
  tiles(now_us: number): VitalTile[] {
    return VITAL_KINDS.flatMap((kind) =>
      [...this.series].flatMap(([key, known]) => {
        const [part, source] = key.split(" ") as [Part, string];
        if (KIND_OF[part] !== kind || part === "dia") return [];
        const newest = known.at(-1) as Vital;
        const lower = part === "sys" ? this.lowerOf(newest, source) : null;
        const age_ms = Math.max(0, (now_us - newest.t_us) / MS);
        return { kind, newest, lower, age_ms, isGone: newest.validity === "invalid" || age_ms > lifeOf(kind) };
      }),
    );
  }

  /** The values of a kind and source, in order of time. */
  trend(kind: VitalKind, source: Vital["source"]): readonly Vital[] {
    const part = (Object.keys(KIND_OF) as Part[]).find((one) => KIND_OF[one] === kind) as Part;
    return this.series.get(`${part} ${source}`) ?? [];
  }

  private lowerOf(upper: Vital, source: string): Vital | null {
    return this.series.get(`dia ${source}`)?.find((one) => one.t_us === upper.t_us) ?? null;
  }
}

function lifeOf(kind: VitalKind): number {
  if (kind === "hr") return HEART_RATE_LIFE_MS;
  return kind === "spo2" || kind === "rr" ? STREAMED_LIFE_MS : Infinity;
}
