// The pages' own API over fetch and one WebSocket.

import {
  ApiFailure,
  failureFrom,
  pushFrom,
  unreachable,
  type Account,
  type DemoAccount,
  type Push,
  type RecordingDetail,
  type RecordingSummary,
  type RoomEvent,
  type RoomSummary,
  type RoomToken,
  type Verification,
} from "../protocol/api";
import { waitBeforeTry } from "../protocol/reconnect";
import type { Backend } from "./ports";

/** A request without an answer for this long is given up: a person waits no longer without a word. */
const REQUEST_LIMIT_MS = 15_000;
/** Checking a long recording reads every byte of it. */
const VERIFY_LIMIT_MS = 120_000;

async function call(method: string, path: string, body?: object, limit_ms = REQUEST_LIMIT_MS): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(limit_ms),
      ...(body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch {
    throw unreachable();
  }
  const text = await response.text().catch(() => "");
  let answer: unknown = null;
  try {
    answer = text === "" ? null : JSON.parse(text);
  } catch {
    answer = null;
  }
  if (!response.ok) throw failureFrom(response.status, answer);
  return answer;
}

const part = encodeURIComponent;

export class RestBackend implements Backend {
  async session(): Promise<Account> {
    return ((await call("GET", "/api/v1/session")) as { account: Account }).account;
  }

  async signIn(account: string, password: string): Promise<Account> {
    return ((await call("POST", "/api/v1/session", { account, password })) as { account: Account }).account;
  }

  async signOut(): Promise<void> {
    await call("DELETE", "/api/v1/session");
  }

  async demoAccounts(): Promise<DemoAccount[]> {
    try {
      return ((await call("GET", "/api/v1/demo")) as { accounts: DemoAccount[] }).accounts;
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404) return [];
      throw error;
    }
  }

  async rooms(): Promise<RoomSummary[]> {
    return ((await call("GET", "/api/v1/rooms")) as { rooms: RoomSummary[] }).rooms;
  }

  async roomToken(room: string): Promise<RoomToken> {
    return (await call("POST", `/api/v1/rooms/${part(room)}/token`)) as RoomToken;
  }

  async startRecording(room: string): Promise<void> {
    await call("POST", `/api/v1/rooms/${part(room)}/recording`);
  }

  async stopRecording(room: string): Promise<void> {
    await call("DELETE", `/api/v1/rooms/${part(room)}/recording`);
  }

  async mark(room: string, text: string): Promise<void> {
    await call("POST", `/api/v1/rooms/${part(room)}/marks`, { text });
  }

  async roomEvents(room: string, after: number): Promise<RoomEvent[]> {
    return ((await call("GET", `/api/v1/rooms/${part(room)}/events?after=${after}`)) as { events: RoomEvent[] }).events;
  }

  async recordings(): Promise<RecordingSummary[]> {
    return ((await call("GET", "/api/v1/recordings")) as { recordings: RecordingSummary[] }).recordings;
  }

  async recording(id: string): Promise<RecordingDetail> {
    return (await call("GET", `/api/v1/recordings/${part(id)}`)) as RecordingDetail;
  }

  async verification(id: string): Promise<Verification> {
    return (await call(
      "GET",
      `/api/v1/recordings/${part(id)}/verification`,
      undefined,
      VERIFY_LIMIT_MS,
    )) as Verification;
  }

  async roundTrip(): Promise<number> {
    const before = performance.now();
    await call("GET", "/healthz");
    return performance.now() - before;
  }

  watch(onPush: (push: Push) => void, onLink: (isOpen: boolean) => void): () => void {
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
}
