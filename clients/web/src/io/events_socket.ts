// The events socket, opened again after every break for as long as somebody listens.

import { pushFrom, type Push } from "../protocol/api";
import { waitBeforeTry } from "../protocol/reconnect";

/** Hands on every push until the returned function is called; `onLink` says when the socket opens or closes. */
export function watchEvents(onPush: (push: Push) => void, onLink: (isOpen: boolean) => void): () => void {
  let socket: WebSocket | null = null;
  let timer: number | undefined;
  let tried = 0;
  let isWanted = true;
  const open = (): void => {
    const url = new URL("/api/v1/events", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(url);
    socket.onopen = () => {
      tried = 0;
      onLink(true);
    };
    socket.onmessage = (message: MessageEvent<unknown>) => {
      const push = typeof message.data === "string" ? pushFrom(message.data) : null;
      if (push !== null) onPush(push);
    };
    socket.onclose = () => {
      if (!isWanted) return;
      onLink(false);
      // Elapsed time is not counted: a page that is open wants to hear of calls, however long the service was away.
      timer = window.setTimeout(open, waitBeforeTry((tried += 1), 0) ?? 0);
    };
  };
  open();
  return () => {
    isWanted = false;
    window.clearTimeout(timer);
    socket?.close();
  };
}
