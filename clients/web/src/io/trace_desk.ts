// Trace, ledger, settings and webhooks over the API.

import type { Checkpoint, LedgerVerdict, PublicKey, Setting, Webhook, WebhookSecret } from "../protocol/ledger";
import type { RightsTable } from "../protocol/rights";
import type { Breakglass, EventDetail, Finding, TraceLines, TraceSearch } from "../protocol/trace";
import { call, part, query } from "./call";
import type { Ledger, PurposeFor, Running, TraceDesk } from "./desk_ports";

/** Checking a chain of a million events takes the server some ten seconds. */
const VERIFY_LIMIT_MS = 120_000;

export class RestTraceDesk implements TraceDesk {
  async kinds(): Promise<string[]> {
    return ((await call("GET", "/api/v1/trace/kinds")) as { kinds: string[] }).kinds;
  }

  async search(search: TraceSearch): Promise<TraceLines> {
    return (await call("POST", "/api/v1/trace/searches", search)) as TraceLines;
  }

  async event({ institution, sequence, purpose }: PurposeFor): Promise<EventDetail> {
    const path = `/api/v1/trace/events/${part(institution)}/${sequence}`;
    return (await call("GET", `${path}${query({ purpose })}`)) as EventDetail;
  }

  async breakglass(
    state: "open" | "reviewed",
    cursor: string,
  ): Promise<{ breakglass: Breakglass[]; next: string | null }> {
    const answer = await call("GET", `/api/v1/breakglass${query({ state, cursor })}`);
    return answer as { breakglass: Breakglass[]; next: string | null };
  }

  async review(id: string, finding: Finding, note: string): Promise<void> {
    await call("POST", `/api/v1/breakglass/${part(id)}/review`, { finding, note });
  }
}

export class RestLedger implements Ledger {
  async checkpoints(before: string | null): Promise<{ checkpoints: Checkpoint[]; next: string | null }> {
    const answer = await call("GET", `/api/v1/ledger/checkpoints${query({ before })}`);
    return answer as { checkpoints: Checkpoint[]; next: string | null };
  }

  async keys(): Promise<PublicKey[]> {
    return ((await call("GET", "/api/v1/keys")) as { keys: PublicKey[] }).keys;
  }

  async verify(): Promise<LedgerVerdict> {
    const limit = { limit_ms: VERIFY_LIMIT_MS };
    return (await call("POST", "/api/v1/ledger/verify", undefined, limit)) as LedgerVerdict;
  }
}

export class RestRunning implements Running {
  async settings(): Promise<Setting[]> {
    return ((await call("GET", "/api/v1/settings")) as { settings: Setting[] }).settings;
  }

  async changeSetting(name: string, value: string): Promise<void> {
    await call("PUT", `/api/v1/settings/${part(name)}`, { value });
  }

  async webhooks(): Promise<Webhook[]> {
    return ((await call("GET", "/api/v1/webhooks")) as { webhooks: Webhook[] }).webhooks;
  }

  async addWebhook(url: string, kinds: readonly string[]): Promise<WebhookSecret> {
    return (await call("POST", "/api/v1/webhooks", { url, kinds })) as WebhookSecret;
  }

  async changeWebhook(id: string, url: string, kinds: readonly string[]): Promise<void> {
    await call("PATCH", `/api/v1/webhooks/${part(id)}`, { url, kinds });
  }

  async newWebhookSecret(id: string): Promise<WebhookSecret> {
    return (await call("POST", `/api/v1/webhooks/${part(id)}/secret`)) as WebhookSecret;
  }

  async endWebhook(id: string): Promise<void> {
    await call("DELETE", `/api/v1/webhooks/${part(id)}`);
  }

  async rights(): Promise<RightsTable> {
    return (await call("GET", "/api/v1/rights")) as RightsTable;
  }
}
