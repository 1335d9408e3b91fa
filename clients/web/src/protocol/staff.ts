// People, institutions and devices as the administrator's API gives them (signaling/api/people_models.py, device_models.py).

import { hospitalClock, hospitalMoment } from "./hospital_time";
import type { Factor, Role } from "./session";

export type InstitutionKind = "hospital" | "township_clinic" | "ambulance_station";
export const INSTITUTION_KINDS: readonly InstitutionKind[] = ["hospital", "township_clinic", "ambulance_station"];

export interface Institution {
  id: string;
  /** Empty for institutions other than one's own. */
  code: string;
  name: string;
  kind: InstitutionKind;
  state: "active" | "ended";
  created_at_ms: number;
}

export interface NewInstitution {
  code: string;
  name: string;
  kind: InstitutionKind;
}

/** A one-time code and the page that takes it; shown once. */
export interface OneTimeCode {
  code: string;
  page: string;
  expires_at_ms: number;
}

export type LicenceKind = "physician" | "nurse" | "technician";
export const LICENCE_KINDS: readonly LicenceKind[] = ["physician", "nurse", "technician"];

export interface Licence {
  id: string;
  number: string;
  kind: LicenceKind;
  valid_until_ms: number;
  state: "active" | "expired" | "ended";
}

export interface NewLicence {
  number: string;
  kind: LicenceKind;
  valid_until_ms: number;
}

export interface AccountState {
  login: string;
  /** waiting: no password set yet. */
  state: "waiting" | "active" | "locked";
  second_factors: readonly Factor[];
  is_linked: boolean;
}

export interface Person {
  id: string;
  institution: string;
  name: string;
  title: string;
  specialty: string;
  phone: string;
  /** ended: suspended. */
  state: "active" | "ended";
  roles: readonly Role[];
  licences: readonly Licence[];
  account: AccountState | null;
  created_at_ms: number;
}

export interface NewPerson {
  name: string;
  title: string;
  specialty: string;
  phone: string;
  roles: readonly Role[];
}

export type DeviceKind = "kiosk" | "ambulance" | "gateway";
export const DEVICE_KINDS: readonly DeviceKind[] = ["kiosk", "ambulance", "gateway"];

export interface Device {
  id: string;
  name: string;
  kind: DeviceKind;
  state: "waiting" | "active" | "ended";
  created_at_ms: number;
  enrolled_at_ms: number | null;
  seen_at_ms: number | null;
  clock_offset_ms: number | null;
  clock_error_ms: number | null;
  key_algorithm: string;
  key_sha256: string;
}

export interface DeviceCode {
  device: Device;
  code: string;
  code_expires_at_ms: number;
}

const DAY_MS = 86_400_000;
/** A renewal by the county office takes weeks; two months leave time to ask twice. */
export const LICENCE_WARN_MS = 60 * DAY_MS;

export type LicenceStanding =
  { kind: "valid" } | { kind: "soon"; days: number } | { kind: "expired"; days: number } | { kind: "ended" };

/** How a licence stands now. Days are whole ones, counted up: on its last day it is "soon" with 1. */
export function licenceStanding(licence: Licence, now_ms: number): LicenceStanding {
  if (licence.state === "ended") return { kind: "ended" };
  const left_ms = licence.valid_until_ms - now_ms;
  if (left_ms < 0 || licence.state === "expired")
    return { kind: "expired", days: Math.max(0, Math.floor(-left_ms / DAY_MS)) };
  return left_ms <= LICENCE_WARN_MS ? { kind: "soon", days: Math.ceil(left_ms / DAY_MS) } : { kind: "valid" };
}

/** Roles that ask for a licence to practise. */
const PRACTISE: readonly Role[] = ["clinic_doctor", "specialist", "duty_expert"];

export type LicenceWarning = { kind: "missing" } | { kind: "expired"; days: number } | { kind: "soon"; days: number };

/** The one thing to warn about in somebody's licences; the best licence counts. Null when all is well. */
export function licenceWarning(person: Person, now_ms: number): LicenceWarning | null {
  const standings = person.licences.map((licence) => licenceStanding(licence, now_ms));
  if (standings.some((one) => one.kind === "valid")) return null;
  const soon = standings.filter((one) => one.kind === "soon");
  if (soon.length > 0) return { kind: "soon", days: Math.max(...soon.map((one) => one.days)) };
  const expired = standings.filter((one) => one.kind === "expired");
  if (expired.length > 0) return { kind: "expired", days: Math.min(...expired.map((one) => one.days)) };
  return person.roles.some((role) => PRACTISE.includes(role)) ? { kind: "missing" } : null;
}

/** Whether these roles may meet in one person (signaling/auth/policy.py, may_be_one). */
export function mayBeOne(roles: readonly Role[]): boolean {
  return !(roles.includes("administrator") && roles.includes("auditor"));
}

/** A device that is not heard of for this long is worth a call; kiosks test themselves every night. */
const SILENT_AFTER_MS = 26 * 3_600_000;
/** From here on the minute in a record is wrong. */
const CLOCK_OFF_MS = 1000;

export type DeviceStanding = "waiting" | "ended" | "never" | "silent" | "clock" | "good";

/** How a device stands now. */
export function deviceStanding(device: Device, now_ms: number): DeviceStanding {
  if (device.state !== "active") return device.state;
  if (device.seen_at_ms === null) return "never";
  if (now_ms - device.seen_at_ms > SILENT_AFTER_MS) return "silent";
  return Math.abs(device.clock_offset_ms ?? 0) > CLOCK_OFF_MS ? "clock" : "good";
}

/** An offset as people read it: -41 ms, +3.2 s, +26 h. The sign stays, the unit grows. */
export function offsetParts(offset_ms: number): {
  sign: "+" | "−" | "";
  value: string;
  unit: "ms" | "s" | "min" | "h";
} {
  const size = Math.abs(offset_ms);
  const sign = offset_ms === 0 ? "" : offset_ms < 0 ? "−" : "+";
  if (size < 1000) return { sign, value: String(Math.round(size)), unit: "ms" };
  if (size < 120_000) return { sign, value: (size / 1000).toFixed(1), unit: "s" };
  if (size < 7_200_000) return { sign, value: String(Math.round(size / 60_000)), unit: "min" };
  return { sign, value: String(Math.round(size / 3_600_000)), unit: "h" };
}

/** The end of a calendar day as the licence prints it: valid through the whole day, by the hospital's clock. */
export function endOfDay(day: string): number | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (found === null) return null;
  const [year, month, date] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const end_ms = hospitalMoment(year, month, date + 1) - 1;
  const there = hospitalClock(new Date(end_ms));
  return there.month === month && there.date === date ? end_ms : null;
}
