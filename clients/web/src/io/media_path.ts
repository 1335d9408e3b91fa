// Keeps the way of a page's media alive: looks whether anything comes, and lays a fresh path when nothing does.

import { preferred, restarted } from "../protocol/fresh_ice";
import { LOOK_EVERY_MS, PATH_AT_START, watchPath } from "../protocol/path_watch";

const GIVEN_UP: ReadonlySet<string> = new Set(["disconnected", "failed"]);

/** Watches the connection that `find` names, until the function it returns is called. */
export function keepMediaPath(find: () => RTCPeerConnection | undefined): () => void {
  let path = PATH_AT_START;
  let watched: RTCPeerConnection | undefined;
  let newest = 0;
  let received = 0;
  let isLooking = false;
  let isAnotherNetwork = false;

  const isHeard = async (connection: RTCPeerConnection): Promise<boolean> => {
    // Cheap, and enough while media flows; the counters tell the rest: reports, checks, muted tracks.
    const latest = newestPacket(connection);
    if (latest > newest) {
      newest = latest;
      return true;
    }
    const counted = await packetsReceived(connection);
    const isMore = counted > received;
    received = counted;
    return isMore;
  };

  const look = async (): Promise<void> => {
    const connection = find();
    if (connection !== watched) {
      [watched, path, newest, received] = [connection, PATH_AT_START, 0, 0];
    }
    if (connection === undefined || connection.connectionState === "closed") return;
    const heard = await isHeard(connection);
    const isDoubted = isAnotherNetwork || GIVEN_UP.has(connection.iceConnectionState);
    isAnotherNetwork = false;
    const next = watchPath(path, { at_ms: performance.now(), isHeard: heard, isDoubted });
    path = next.watch;
    if (next.isFreshWanted) await layFresh(connection);
  };

  const lookOnce = (): void => {
    if (isLooking) return;
    isLooking = true;
    void look()
      // A connection that was closed meanwhile, or a negotiation under way: the next look decides anew.
      .catch(() => undefined)
      .finally(() => (isLooking = false));
  };
  const noteNetwork = (): void => {
    isAnotherNetwork = true;
    lookOnce();
  };

  const timer = window.setInterval(lookOnce, LOOK_EVERY_MS);
  window.addEventListener("online", noteNetwork);
  return () => {
    window.clearInterval(timer);
    window.removeEventListener("online", noteNetwork);
  };
}

async function layFresh(connection: RTCPeerConnection): Promise<void> {
  const { currentLocalDescription: local, currentRemoteDescription: remote } = connection;
  // Whoever offers here is the page (one connection); a negotiation under way comes first.
  if (!isStable(connection) || local?.type !== "offer" || remote === null) return;
  const created = await connection.createOffer({ iceRestart: true });
  const sdp = restarted(local.sdp, created.sdp ?? "");
  if (sdp === null || !isStable(connection)) return;
  await connection.setLocalDescription({ type: "offer", sdp });
  await connection.setRemoteDescription({ type: "answer", sdp: preferred(remote.sdp) });
}

function isStable(connection: RTCPeerConnection): boolean {
  return connection.signalingState === "stable";
}

function newestPacket(connection: RTCPeerConnection): number {
  const heard = connection.getReceivers().flatMap((receiver) => receiver.getSynchronizationSources());
  return heard.reduce((newest, source) => Math.max(newest, source.timestamp), 0);
}

async function packetsReceived(connection: RTCPeerConnection): Promise<number> {
  let packets = 0;
  (await connection.getStats()).forEach((entry: { type: string; packetsReceived?: number }) => {
    if (entry.type === "transport") packets += entry.packetsReceived ?? 0;
  });
  return packets;
}
