// Why a stay in a room ended, in the page's own words. Numbers are livekit.DisconnectReason.

export type Ending = "left" | "elsewhere" | "removed" | "room_closed" | "server_stopped" | "link_lost" | "not_admitted";

const BY_REASON: ReadonlyMap<number, Ending> = new Map([
  [1, "left"],
  [2, "elsewhere"],
  [3, "server_stopped"],
  [4, "removed"],
  [5, "room_closed"],
  [7, "not_admitted"],
  [10, "room_closed"],
]);

/** What to say for a reason; a reason without its own words, or none at all, was the link. */
export function endingOf(reason: number | undefined): Ending {
  return (reason === undefined ? undefined : BY_REASON.get(reason)) ?? "link_lost";
}
