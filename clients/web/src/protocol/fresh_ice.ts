// An ICE restart without the server: only our own credentials change, and an ICE-lite server never needs to know them.
//
// It answers checks that its own password authenticates, from wherever they come (RFC 8445 §7.3; docs/PROTOCOL.md §1). So
// a page whose signalling is as dead as its media can lay a new path by itself: the offer is the description in force
// with the fresh credentials, the answer is the one in force.

const UFRAG = /^a=ice-ufrag:.*$/m;
const PASSWORD = /^a=ice-pwd:.*$/m;

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
