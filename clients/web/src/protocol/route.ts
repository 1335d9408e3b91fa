// Which screen an address means. Addresses live after the # so that any static file server can serve the page.

export const ADMIN_SECTIONS = [
  "people",
  "roster",
  "institutions",
  "devices",
  "settings",
  "webhooks",
  "rights",
] as const;
export type AdminSection = (typeof ADMIN_SECTIONS)[number];
export const TRACE_SECTIONS = ["search", "reviews"] as const;
export type TraceSection = (typeof TRACE_SECTIONS)[number];

/** Screens for people who are signed in; "home" is an address that names none: where their role works. */
export type Route =
  | { screen: "home" }
  | { screen: "rooms"; room: string | null }
  | { screen: "room"; room: string }
  | { screen: "recordings"; recording: string | null }
  | { screen: "trace"; section: TraceSection }
  | { screen: "ledger" }
  | { screen: "work" }
  | { screen: "case"; case: string }
  | { screen: "ecg"; ecg: string }
  | { screen: "admin"; section: AdminSection };

/** Doors that one opens with a one-time code instead of a password. */
export type Door = { door: "first" | "activate" | "invite" | "enrol"; code: string };

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const parts = (hash: string): [string, string | null] => {
  const [screen = "", rest] = hash.replace(/^#?\/?/, "").split("/", 2);
  return [screen, rest === undefined || rest === "" ? null : decode(rest)];
};

/** Reads `location.hash`; anything unknown is home. */
export function routeFrom(hash: string): Route {
  const [screen, name] = parts(hash);
  if (screen === "in" && name !== null) return { screen: "room", room: name };
  if (screen === "recordings") return { screen: "recordings", recording: name };
  if (screen === "trace") return { screen: "trace", section: TRACE_SECTIONS.find((one) => one === name) ?? "search" };
  if (screen === "ledger") return { screen: "ledger" };
  if (screen === "work" || screen === "cases")
    return name === null ? { screen: "work" } : { screen: "case", case: name };
  if (screen === "ecgs") return name === null ? { screen: "work" } : { screen: "ecg", ecg: name };
  if (screen === "admin") return { screen: "admin", section: ADMIN_SECTIONS.find((one) => one === name) ?? "people" };
  if (screen === "rooms" || screen === "in") return { screen: "rooms", room: name };
  return { screen: "home" };
}

/** The hash of a screen. */
export function hashOf(route: Route): string {
  switch (route.screen) {
    case "home":
      return "#/";
    case "room":
      return `#/in/${encodeURIComponent(route.room)}`;
    case "trace":
    case "admin":
      return `#/${route.screen}/${route.section}`;
    case "ledger":
    case "work":
      return `#/${route.screen}`;
    case "case":
      return `#/cases/${encodeURIComponent(route.case)}`;
    case "ecg":
      return `#/ecgs/${encodeURIComponent(route.ecg)}`;
    case "rooms":
      return route.room === null ? "#/rooms" : `#/rooms/${encodeURIComponent(route.room)}`;
    case "recordings":
      return route.recording === null ? "#/recordings" : `#/recordings/${encodeURIComponent(route.recording)}`;
  }
}

const DOOR = /^#?\/?(first|activate|invited?|enrol)(?:[/#?](?:code=)?(.*))?$/;

/** Reads `#/first?code=…`, `#/activate?code=…`, `#/invited?code=…`, `#/invite#…` and `#/enrol`; null when the address is no door. */
export function doorFrom(hash: string): Door | null {
  const found = DOOR.exec(hash);
  if (found === null) return null;
  const door = found[1] === "invited" ? "invite" : (found[1] as Door["door"]);
  return { door, code: decode(found[2] ?? "") };
}

/** What the way back from the identity provider says: `#/signin?refused=CODE`, `#/account?linked=1`; else null. */
export function returnFrom(hash: string): { refused: string } | "linked" | null {
  const refused = /^#\/signin\?refused=([a-z0-9_]+)$/.exec(hash)?.[1];
  if (refused !== undefined) return { refused };
  return hash === "#/account?linked=1" ? "linked" : null;
}
