// Who is signed in, as the session answer tells it, and what is still asked of them before they are in.

import { isRecord } from "./api";

/** The roles of signaling/auth/rights.py. */
export const ROLES = [
  "clinic_doctor",
  "specialist",
  "duty_expert",
  "ambulance_crew",
  "supervisor",
  "administrator",
  "auditor",
] as const;
export type Role = (typeof ROLES)[number];

export type SecondFactor = "none" | "totp" | "passkey" | "needed";

export interface Account {
  account: string;
  identity: string;
  name: string;
  place: string;
  role: string;
  may_record: boolean;
  person: string;
  institution: string;
  roles: readonly Role[];
  institution_name: string;
  /** How surely they are who they say: by a password alone or by two factors (rights.py, Assurance). */
  assurance: "password" | "two_factors";
  /** What is asked besides the password: nothing, one that is enrolled, or to enrol one ("needed"). */
  second_factor: SecondFactor;
  /** All that are enrolled. */
  second_factors: readonly Factor[];
  /** After how many seconds without a request the server ends the session. */
  idle_after_s: number;
}

export type Factor = "totp" | "passkey";

/** What signaling/auth/sessions.py counts when it does not say: staff sessions end after a quarter of an hour. */
const IDLE_AFTER_S = 15 * 60;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function rolesFrom(value: unknown): Role[] {
  if (!Array.isArray(value)) return [];
  return ROLES.filter((role) => value.includes(role));
}

function factorFrom(value: unknown): SecondFactor {
  return value === "totp" || value === "passkey" || value === "needed" ? value : "none";
}

function factorsFrom(value: unknown): Factor[] {
  if (!Array.isArray(value)) return [];
  return (["totp", "passkey"] as const).filter((factor) => value.includes(factor));
}

/** Reads {"account": {…}}; null when it names nobody. A server that says nothing of assurance asks for one factor. */
export function accountFrom(answer: unknown): Account | null {
  if (!isRecord(answer) || !isRecord(answer["account"])) return null;
  const inner = answer["account"];
  if (text(inner["account"]) === "") return null;
  const idle = inner["idle_after_s"];
  return {
    account: text(inner["account"]),
    identity: text(inner["identity"]),
    name: text(inner["name"]),
    place: text(inner["place"]),
    role: text(inner["role"]),
    may_record: inner["may_record"] === true,
    person: text(inner["person"]),
    institution: text(inner["institution"]),
    roles: rolesFrom(inner["roles"]),
    institution_name: text(inner["institution_name"]),
    assurance: inner["assurance"] === "password" ? "password" : "two_factors",
    second_factor: factorFrom(inner["second_factor"]),
    second_factors: factorsFrom(inner["second_factors"]),
    idle_after_s: typeof idle === "number" && idle > 0 ? idle : IDLE_AFTER_S,
  };
}

/** What comes after the password: in, a second factor to give, or one to enrol. */
export type Step = "in" | "code" | "passkey" | "enrol";

export function stepOf(account: Account): Step {
  if (account.assurance === "two_factors" || account.second_factor === "none") return "in";
  if (account.second_factor === "totp") return "code";
  return account.second_factor === "passkey" ? "passkey" : "enrol";
}
