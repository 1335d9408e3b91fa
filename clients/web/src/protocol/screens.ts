// Which parts of the pages a caller finds in the navigation. The server decides; this only spares them closed doors.

import type { Role } from "./session";

import type { AdminSection } from "./route";

export type Area = "work" | "rooms" | "recordings" | "trace" | "ledger" | "admin";

const CLINICAL: readonly Role[] = ["clinic_doctor", "specialist", "duty_expert", "ambulance_crew"];
const LOOKS_IN: readonly Role[] = ["supervisor", "auditor"];

/** In their fixed order, after signaling/auth/policy.py: who may list or read what the area shows. */
const AREAS: readonly { area: Area; roles: readonly Role[] }[] = [
  { area: "work", roles: CLINICAL },
  { area: "rooms", roles: CLINICAL },
  { area: "recordings", roles: [...CLINICAL, ...LOOKS_IN] },
  { area: "trace", roles: LOOKS_IN },
  { area: "ledger", roles: [...LOOKS_IN, "administrator"] },
  { area: "admin", roles: ["administrator", "auditor"] },
];

const SECTIONS: readonly { section: AdminSection; roles: readonly Role[] }[] = [
  { section: "people", roles: ["administrator"] },
  { section: "roster", roles: ["administrator"] },
  { section: "institutions", roles: ["administrator"] },
  { section: "devices", roles: ["administrator"] },
  { section: "settings", roles: ["administrator", "auditor"] },
  { section: "webhooks", roles: ["administrator", "auditor"] },
  { section: "rights", roles: ["administrator", "auditor"] },
];

/** The areas they may enter. Without any role (a server that names none) the clinical ones. */
export function areasFor(roles: readonly Role[]): Area[] {
  const own = roles.length === 0 ? CLINICAL : roles;
  return AREAS.filter((one) => one.roles.some((role) => own.includes(role))).map((one) => one.area);
}

/** Whether consultation calls can ring for them. */
export const isCalled = (roles: readonly Role[]): boolean =>
  roles.includes("specialist") || roles.includes("duty_expert");

/** Whether they ask for consultations, which the kiosk's page is for. */
export const asksForHelp = (roles: readonly Role[]): boolean => roles.includes("clinic_doctor");

/** The area in which they begin: what each works with most. Who can be called begins where the calls are. */
export function homeFor(roles: readonly Role[]): Area {
  if (isCalled(roles)) return "work";
  const areas = areasFor(roles);
  if (areas.includes("rooms")) return "rooms";
  return areas.includes("trace") ? "trace" : "admin";
}

/** The administrator's pages they may read. */
export function sectionsFor(roles: readonly Role[]): AdminSection[] {
  return SECTIONS.filter((one) => one.roles.some((role) => roles.includes(role))).map((one) => one.section);
}

/** Whether they may change what the administrator's pages show, and not only read it. */
export const mayAdminister = (roles: readonly Role[]): boolean => roles.includes("administrator");

/** Whether they may have the ledger checked. */
export const mayVerify = (roles: readonly Role[]): boolean => LOOKS_IN.some((role) => roles.includes(role));

/** Whether they may judge a break-glass, and not only read of it. */
export const mayReview = (roles: readonly Role[]): boolean => roles.includes("supervisor");
