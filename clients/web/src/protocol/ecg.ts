// An ECG as the service tells it (/api/v1/ecgs): the shapes, how an answer is read, and what a viewer's socket says.
//
// Which acts are possible is the service's to say: `allowed` holds what this caller may do now. What the report and
// the critical value of an ECG are is read by ecg_report.ts.

import { isRecord } from "./api";
import { URGENCIES, type CasePatient, type Urgency } from "./consultation";

export const ECG_STATES = ["waiting", "recording", "ended"] as const;
/** "waiting": asked for, and no sample came yet. */
export type EcgState = (typeof ECG_STATES)[number];

export const ECG_SOURCES = ["device", "replay", "simulator", "import"] as const;
export type EcgSource = (typeof ECG_SOURCES)[number];

/** What a device says of the samples it sends (media_server/ecg/descriptor.py). */
export interface EcgDescriptor {
  readonly rate_hz: number;
  /** Nanovolts a step. */
  readonly resolution_nv: number;
  readonly leads: readonly string[];
  /** Of the device's own filter: 50 is 0.05 Hz, 0 where it passes all. */
  readonly band_low_mhz: number;
  readonly band_high_hz: number;
  /** Mains hum that the device took out: 0 where it did not. */
  readonly notch_hz: number;
  readonly model: string;
}

/** The samples of one epoch, from `first` to before `end`. */
export interface EcgEpoch {
  readonly epoch: number;
  readonly first: number;
  readonly end: number;
  /** When the first was taken, on the gateway's clock, microseconds since the Unix epoch. */
  readonly first_taken_us: number;
}

/** Samples of an epoch that are not here. */
export interface EcgMissing {
  readonly epoch: number;
  readonly first: number;
  readonly end: number;
  /** When the first was taken, as far as it is known; null where it is not. */
  readonly from_us: number | null;
}

/** That somebody has declared lost what was missing then (docs/adr/0020). */
export interface EcgGivenUp {
  readonly at_ms: number;
  readonly by_name: string;
  readonly reason: string;
  readonly missing_ms: number;
}

export interface Ecg {
  readonly id: string;
  readonly serial: string;
  readonly state: EcgState;
  /** Nothing that the device took is missing, and nothing more will come. */
  readonly is_complete: boolean;
  readonly missing_ms: number;
  readonly patient: CasePatient;
  /** "" where it belongs to none. */
  readonly case: string;
  readonly institution_name: string;
  readonly device: string;
  readonly device_name: string;
  readonly source: EcgSource;
  readonly is_simulated: boolean;
  readonly is_diagnostic: boolean;
  /** Null before the device described itself. */
  readonly descriptor: EcgDescriptor | null;
  readonly urgency: Urgency;
  readonly started_at_ms: number;
  /** Null while it runs. */
  readonly ended_at_ms: number | null;
  readonly duration_ms: number;
  readonly epochs: readonly EcgEpoch[];
  readonly gap_count: number;
  readonly late_ms: number;
  readonly missing: readonly EcgMissing[];
  /** The gateway has said what there will ever be; otherwise more may be missing than is known. */
  readonly is_end_known: boolean;
  /** From when on the rest can be declared lost while the gateway stays away; null where nothing is to be. */
  readonly give_up_from_ms: number | null;
  readonly given_up: EcgGivenUp | null;
  readonly allowed: readonly string[];
}

/** A box that can take an ECG. */
export interface EcgGateway {
  readonly device: string;
  readonly name: string;
  readonly is_connected: boolean;
  readonly model: string;
  /** As it described itself; "" before it did. */
  readonly source: string;
  readonly rate_hz: number | null;
  readonly leads: number;
}

export const VITAL_VALIDITIES = ["valid", "questionable", "invalid"] as const;
export type VitalValidity = (typeof VITAL_VALIDITIES)[number];
export const VITAL_SOURCES = ["device", "counted", "simulated"] as const;
/** "counted": by this system from the samples, for display only. */
export type VitalSource = (typeof VITAL_SOURCES)[number];

export interface Vital {
  /** On the gateway's clock, microseconds since the Unix epoch. */
  readonly t_us: number;
  readonly code: string;
  readonly value: number;
  readonly unit: string;
  readonly validity: VitalValidity;
  readonly source: VitalSource;
}

/** What the service has of each epoch, stretches [from, to) in order. */
export type Inventory = ReadonlyMap<number, readonly (readonly [number, number])[]>;

/** What the service has of one epoch, and what of that came late; in order. */
export interface EpochStretches {
  readonly epoch: number;
  readonly stored: readonly (readonly [number, number])[];
  readonly late: readonly (readonly [number, number])[];
}

/** What the service says to a viewer besides frames. */
export type ViewerMessage =
  | { readonly type: "ecg"; readonly ecg: Ecg; readonly have: Inventory; readonly server_us: number | null }
  | { readonly type: "state"; readonly ecg: Ecg }
  | { readonly type: "have"; readonly have: Inventory }
  | { readonly type: "vitals"; readonly values: readonly Vital[] }
  /** The gateway is gone. */
  | { readonly type: "lost"; readonly since_us: number }
  | { readonly type: "found" }
  | {
      readonly type: "anchor";
      readonly track: string;
      readonly rtp_timestamp: number;
      readonly gateway_us: number;
    }
  /** Somebody points at it; what at is read by ecg/pointer.ts. */
  | { readonly type: "pointed"; readonly by: string; readonly name: string; readonly pointer: unknown };

const RTP_VIDEO_HZ = 90_000;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const numberOr = <T>(value: unknown, otherwise: T): number | T => (isNumber(value) ? value : otherwise);
const oneOf = <T extends string>(all: readonly T[], value: unknown, otherwise: T): T =>
  all.find((one) => one === value) ?? otherwise;
const members = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const record = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];

/** Null where it names no lead, no rate or no resolution: nothing can be drawn by it. */
export function descriptorFrom(value: unknown): EcgDescriptor | null {
  const one = record(value);
  const leads = texts(one["leads"]);
  const rate_hz = numberOr(one["rate_hz"], 0);
  const resolution_nv = numberOr(one["resolution_nv"], 0);
  if (leads.length === 0 || rate_hz <= 0 || resolution_nv <= 0) return null;
  return {
    rate_hz,
    resolution_nv,
    leads,
    band_low_mhz: numberOr(one["band_low_mhz"], 0),
    band_high_hz: numberOr(one["band_high_hz"], rate_hz / 2),
    notch_hz: numberOr(one["notch_hz"], 0),
    model: text(one["model"]),
  };
}

/** Reads an ECG; null when the answer is none (no id, or a state this page does not know). */
export function ecgFrom(value: unknown): Ecg | null {
  if (!isRecord(value) || text(value["id"]) === "") return null;
  const state = ECG_STATES.find((one) => one === value["state"]);
  if (state === undefined) return null;
  const patient = record(value["patient"]);
  return {
    id: text(value["id"]),
    serial: text(value["serial"]),
    state,
    is_complete: value["is_complete"] === true,
    missing_ms: numberOr(value["missing_ms"], 0),
    patient: {
      id: text(patient["id"]),
      name: text(patient["name"]),
      sex: oneOf(["male", "female", "other", "unknown"] as const, patient["sex"], "unknown"),
      birth_year: numberOr(patient["birth_year"], null),
    },
    case: text(value["case"]),
    institution_name: text(value["institution_name"]),
    device: text(value["device"]),
    device_name: text(value["device_name"]),
    source: oneOf(ECG_SOURCES, value["source"], "device"),
    is_simulated: value["is_simulated"] === true,
    // Who does not say that it is one must not be read as one.
    is_diagnostic: value["is_diagnostic"] === true,
    descriptor: descriptorFrom(value["descriptor"]),
    urgency: oneOf(URGENCIES, value["urgency"], "routine"),
    started_at_ms: numberOr(value["started_at_ms"], 0),
    ended_at_ms: numberOr(value["ended_at_ms"], 0) || null,
    duration_ms: numberOr(value["duration_ms"], 0),
    epochs: members(value["epochs"]).map((one) => ({
      epoch: numberOr(one["epoch"], 0),
      first: numberOr(one["first"], 0),
      end: numberOr(one["end"], 0),
      first_taken_us: numberOr(one["first_taken_us"], 0),
    })),
    gap_count: numberOr(value["gap_count"], 0),
    late_ms: numberOr(value["late_ms"], 0),
    missing: members(value["missing"]).map((one) => ({
      epoch: numberOr(one["epoch"], 0),
      first: numberOr(one["first"], 0),
      end: numberOr(one["end"], 0),
      from_us: numberOr(one["from_us"], 0) || null,
    })),
    is_end_known: value["is_end_known"] === true,
    give_up_from_ms: numberOr(value["give_up_from_ms"], 0) || null,
    given_up: givenUpFrom(value["given_up"]),
    allowed: texts(value["allowed"]),
  };
}

function givenUpFrom(value: unknown): EcgGivenUp | null {
  if (!isRecord(value)) return null;
  return {
    at_ms: numberOr(value["at_ms"], 0),
    by_name: text(value["by_name"]),
    reason: text(value["reason"]),
    missing_ms: numberOr(value["missing_ms"], 0),
  };
}

/** Reads {"ecgs": […]}; what is no ECG is left out. */
export function ecgsFrom(answer: unknown): Ecg[] {
  return members(record(answer)["ecgs"]).flatMap((one) => ecgFrom(one) ?? []);
}

/** Reads {"gateways": […]}. */
export function gatewaysFrom(answer: unknown): EcgGateway[] {
  return members(record(answer)["gateways"]).map((one) => ({
    device: text(one["device"]),
    name: text(one["name"]),
    is_connected: one["is_connected"] === true,
    model: text(one["model"]),
    source: text(one["source"]),
    rate_hz: numberOr(one["rate_hz"], null),
    leads: Array.isArray(one["leads"]) ? one["leads"].length : numberOr(one["leads"], 0),
  }));
}

/** Reads the values of vitals; one without a code or a number is left out. */
export function vitalsFrom(value: unknown): Vital[] {
  return members(value).flatMap((one) => {
    const code = text(one["code"]);
    const { value: number, t_us } = one;
    if (code === "" || !isNumber(number) || !isNumber(t_us)) return [];
    return {
      t_us,
      code,
      value: number,
      unit: text(one["unit"]),
      // Who does not say that a value is valid has not said so.
      validity: oneOf(VITAL_VALIDITIES, one["validity"], "questionable"),
      source: oneOf(VITAL_SOURCES, one["source"], "device"),
    };
  });
}

/** Reads {"vitals": […]}. */
export const vitalsAnswered = (answer: unknown): Vital[] => vitalsFrom(record(answer)["vitals"]);

/** Reads {"0": [[from, to], …], …}; what is no stretch is left out. */
export function inventoryFrom(value: unknown): Inventory {
  const found = new Map<number, readonly (readonly [number, number])[]>();
  for (const [name, stretches] of Object.entries(record(value))) {
    const epoch = Number(name);
    if (!Number.isSafeInteger(epoch) || !Array.isArray(stretches)) continue;
    found.set(epoch, stretches.flatMap(stretchFrom));
  }
  return found;
}

/** Reads an answer of /ecgs/{id}/stretches; what is no stretch is left out. */
export function stretchesFrom(answer: unknown): EpochStretches[] {
  const pairs = (value: unknown): (readonly [number, number])[] =>
    Array.isArray(value) ? value.flatMap(stretchFrom) : [];
  return members(record(answer)["epochs"]).map((one) => ({
    epoch: numberOr(one["epoch"], 0),
    stored: pairs(one["stored"]),
    late: pairs(one["late"]),
  }));
}

function stretchFrom(value: unknown): (readonly [number, number])[] {
  if (!Array.isArray(value)) return [];
  const [from, to] = value as unknown[];
  return isNumber(from) && isNumber(to) && from >= 0 && from < to ? [[from, to]] : [];
}

/** Reads one text of the viewer's socket; null when it is not one of ours (newer services may say more). */
export function viewerMessageFrom(message: string): ViewerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  switch (value["type"]) {
    case "ecg": {
      const ecg = ecgFrom(value["ecg"] ?? value);
      const server_us = numberOr(value["server_us"], null);
      return ecg === null ? null : { type: "ecg", ecg, have: inventoryFrom(value["have"]), server_us };
    }
    case "state": {
      const ecg = ecgFrom(value["ecg"] ?? value);
      return ecg === null ? null : { type: "state", ecg };
    }
    case "have":
      return { type: "have", have: inventoryFrom(value["have"] ?? value["epochs"]) };
    case "vitals":
      return { type: "vitals", values: vitalsFrom(value["values"]) };
    case "lost":
      return { type: "lost", since_us: numberOr(value["since_us"], 0) };
    case "found":
      return { type: "found" };
    case "anchor":
      return anchorFrom(value);
    case "pointed":
      return { type: "pointed", by: text(value["by"]), name: text(value["name"]), pointer: value };
    default:
      return null;
  }
}

function anchorFrom(value: Record<string, unknown>): ViewerMessage | null {
  const { track, rtp_timestamp, gateway_us, clock_rate } = value;
  if (typeof track !== "string" || !isNumber(rtp_timestamp) || !isNumber(gateway_us)) return null;
  // Of all that is carried by RTP, pictures count so (RFC 3551 §5), and only pictures are shown.
  if (clock_rate !== undefined && clock_rate !== RTP_VIDEO_HZ) return null;
  return { type: "anchor", track, rtp_timestamp, gateway_us };
}

/** Whether nothing more is waited for: what is missing of it is missing for good, as far as anybody knows. */
export const isFinal = (one: Pick<Ecg, "state" | "is_complete" | "given_up">): boolean =>
  one.state === "ended" && (one.is_complete || one.given_up !== null);

/** Whether this caller may do it now. */
export const mayEcg = (one: Pick<Ecg, "allowed">, act: string): boolean => one.allowed.includes(act);

/** The ECG to look at: the one that runs, else the newest. Null where there is none. */
export function ecgToShow(ecgs: readonly Ecg[]): Ecg | null {
  const rank = (one: Ecg): number => Number(one.state !== "ended");
  return ecgs.reduce<Ecg | null>(
    (best, one) =>
      best === null || rank(one) > rank(best) || (rank(one) === rank(best) && one.started_at_ms > best.started_at_ms)
        ? one
        : best,
    null,
  );
}
