// Which screen an address means. Addresses live after the # so that any static file server can serve the page.

export type Route =
  | { screen: "rooms"; room: string | null }
  | { screen: "room"; room: string }
  | { screen: "recordings"; recording: string | null };

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Reads `location.hash`; anything unknown is the list of rooms. */
export function routeFrom(hash: string): Route {
  const [screen, rest] = hash.replace(/^#?\/?/, "").split("/", 2);
  const name = rest === undefined || rest === "" ? null : decode(rest);
  if (screen === "in" && name !== null) return { screen: "room", room: name };
  if (screen === "recordings") return { screen: "recordings", recording: name };
  return { screen: "rooms", room: screen === "rooms" ? name : null };
}

/** The hash of a screen. */
export function hashOf(route: Route): string {
  if (route.screen === "room") return `#/in/${encodeURIComponent(route.room)}`;
  const [folder, name] = route.screen === "rooms" ? ["rooms", route.room] : ["recordings", route.recording];
  return name === null ? `#/${folder}` : `#/${folder}/${encodeURIComponent(name)}`;
}
