// An ICE restart without the server: only our own credentials change, and an ICE-lite server never needs to know them.
//
// It answers checks that its own password authenticates, from wherever they come (RFC 8445 §7.3; docs/PROTOCOL.md §1). So
// a page whose signalling is as dead as its media can lay a new path by itself: the offer is the description in force
// with the fresh credentials, the answer is the one in force, as of a younger generation.
//
// A browser leaves a pair that has gone quiet only after 2.5 s, but changes at once to one that is better: of a cheaper
// network, or else of a higher priority. So the younger generation is both.

const UFRAG = /^a=ice-ufrag:.*$/m;
const PASSWORD = /^a=ice-pwd:.*$/m;
const ICE_UFRAG = /^a=ice-ufrag:([^+]*)(?:\+(\d+))?$/;
const CANDIDATE = /^(a=candidate:\S+ \d+ \S+ )(\d+)( .*)$/;
/** What libwebrtc writes into candidates beside what they are, and reads again. */
const NOTES = / (?:generation|ufrag|network-id|network-cost) \S+/g;
const NETWORK_COST = / network-cost (\d+)/;

/** Costs of our end of a path, generation by generation. libwebrtc adds its own network's: 0 Ethernet, 10 Wi-Fi,
 * 50 unknown, 900 mobile at most. The first step outweighs them all, two more outweigh all but mobile; then priority
 * decides, among networks of one kind. Whatever the server answers begins anew. */
const COSTS: readonly number[] = [99, 49, 0];
/** One of the local preference's upper byte: above every other candidate of the generation before (RFC 8445 §5.1.2.1). */
const PRIORITY_STEP = 1 << 16;
/** The byte's last value; paths of one priority are told apart by their generation. */
const LAST_STEP = 0xff;

/** The local description in force as a fresh offer: with the credentials of `created`, without the old candidates. */
export function restarted(inForce: string, created: string): string | null {
  const ufrag = UFRAG.exec(created)?.[0];
  const password = PASSWORD.exec(created)?.[0];
  if (ufrag === undefined || password === undefined) return null;
  return inForce
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("a=candidate:") && line !== "a=end-of-candidates")
    .map((line) => (line.startsWith("a=ice-ufrag:") ? ufrag : line.startsWith("a=ice-pwd:") ? password : line))
    .join("\r\n");
}

/** The server's description in force as the answer to it: the same server by another name, its candidates preferred. */
export function preferred(inForce: string): string {
  return inForce.split(/\r?\n/).map(younger).join("\r\n");
}

function younger(line: string): string {
  // A name of its own: libwebrtc takes no other priority for a candidate it knows (the core ignores what follows the +).
  const ufrag = ICE_UFRAG.exec(line);
  if (ufrag !== null) return `a=ice-ufrag:${ufrag[1]}+${Number(ufrag[2] ?? 0) + 1}`;
  const candidate = CANDIDATE.exec(line);
  if (candidate === null) return line;
  const [, head, priority, tail] = candidate as unknown as [string, string, string, string];
  const cost = Number(NETWORK_COST.exec(tail)?.[1] ?? 0);
  const next = COSTS.find((step) => step < cost) ?? 0;
  return `${head}${raised(Number(priority))}${tail.replace(NOTES, "")} network-cost ${next}`;
}

function raised(priority: number): number {
  return ((priority >>> 16) & 0xff) < LAST_STEP ? priority + PRIORITY_STEP : priority;
}
