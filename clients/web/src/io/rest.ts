// The pages' own API over fetch and one WebSocket.

import {
  ApiFailure,
  type DemoAccount,
  type Push,
  type RecordingDetail,
  type RecordingSummary,
  type RoomEvent,
  type RoomSummary,
  type RoomToken,
  type Verification,
} from "../protocol/api";
import { caseTimelineFrom, type CaseTimeline } from "../protocol/replay";
import { accountFrom, type Account } from "../protocol/session";
import { call, part } from "./call";
import { watchEvents } from "./events_socket";
import type { Backend } from "./ports";

/** Checking a long recording reads every byte of it. */
const VERIFY_LIMIT_MS = 120_000;

/** The account of a session answer; an answer that names nobody is as good as none. */
export function accountOf(answer: unknown): Account {
  const account = accountFrom(answer);
  if (account === null) throw new ApiFailure(401, "signed_out", null, {});
  return account;
}

/** A guest's page has no events socket: it asks anew this often. */
const GUEST_ASKS_EVERY_MS = 4000;

export class RestBackend implements Backend {
  readonly #bearer: string | null;

  /** `bearer` is a guest's room token; without it the browser's session speaks. */
  constructor(bearer: string | null = null) {
    this.#bearer = bearer;
  }

  #call(method: string, path: string, body?: object, limit?: { limit_ms: number }): Promise<unknown> {
    return call(method, path, body, { ...limit, ...(this.#bearer === null ? {} : { bearer: this.#bearer }) });
  }

  async session(): Promise<Account> {
    return accountOf(await this.#call("GET", "/api/v1/session"));
  }

  async signIn(account: string, password: string): Promise<Account> {
    return accountOf(await this.#call("POST", "/api/v1/session", { account, password }));
  }

  async signOut(): Promise<void> {
    await this.#call("DELETE", "/api/v1/session");
  }

  async demoAccounts(): Promise<DemoAccount[]> {
    try {
      return ((await this.#call("GET", "/api/v1/demo")) as { accounts: DemoAccount[] }).accounts;
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404) return [];
      throw error;
    }
  }

  async rooms(): Promise<RoomSummary[]> {
    return ((await this.#call("GET", "/api/v1/rooms")) as { rooms: RoomSummary[] }).rooms;
  }

  async roomToken(room: string): Promise<RoomToken> {
    return (await this.#call("POST", `/api/v1/rooms/${part(room)}/token`)) as RoomToken;
  }

  async startRecording(room: string): Promise<void> {
    await this.#call("POST", `/api/v1/rooms/${part(room)}/recording`);
  }

  async stopRecording(room: string): Promise<void> {
    await this.#call("DELETE", `/api/v1/rooms/${part(room)}/recording`);
  }

  async mark(room: string, text: string): Promise<void> {
    await this.#call("POST", `/api/v1/rooms/${part(room)}/marks`, { text });
  }

  async roomEvents(room: string, after: number): Promise<RoomEvent[]> {
    return ((await this.#call("GET", `/api/v1/rooms/${part(room)}/events?after=${after}`)) as { events: RoomEvent[] })
      .events;
  }

  async recordings(): Promise<RecordingSummary[]> {
    return ((await this.#call("GET", "/api/v1/recordings")) as { recordings: RecordingSummary[] }).recordings;
  }

  async recording(id: string): Promise<RecordingDetail> {
    return (await this.#call("GET", `/api/v1/recordings/${part(id)}`)) as RecordingDetail;
  }

  async caseTimeline(id: string): Promise<CaseTimeline> {
    return caseTimelineFrom(await this.#call("GET", `/api/v1/consultations/${part(id)}/timeline`));
  }

  async verification(id: string): Promise<Verification> {
    const limit = { limit_ms: VERIFY_LIMIT_MS };
    return (await this.#call("GET", `/api/v1/recordings/${part(id)}/verification`, undefined, limit)) as Verification;
  }

  async roundTrip(): Promise<number> {
    const before = performance.now();
    await this.#call("GET", "/healthz");
    return performance.now() - before;
  }

  watch(onPush: (push: Push) => void, onLink: (isOpen: boolean) => void): () => void {
    if (this.#bearer !== null) {
      const asking = window.setInterval(() => onLink(true), GUEST_ASKS_EVERY_MS);
      return () => window.clearInterval(asking);
    }
    return watchEvents(onPush, onLink);
  }
}
