// The proof of the ledger: checkpoints, keys and the two verdicts (signaling/api/ledger_models.py), and the rights table.

export interface Checkpoint {
  institution: string;
  size: number;
  at_ms: number;
  root: string;
  head: string;
  note: string;
  cosigned_by: readonly string[];
  is_stamped: boolean;
}

export interface VerdictLine {
  verdict: "sound" | "faulty" | "unchecked";
  code: string;
  sequence: number | null;
  detail: string;
}

export interface LedgerVerdict {
  institution: string;
  integrity: VerdictLine;
  completeness: VerdictLine;
  events: number;
  checkpoint_size: number;
  checkpoint_at_ms: number | null;
  checked_at_ms: number;
}

export interface PublicKey {
  name: string;
  purpose: "signing" | "cosigning";
  suite: string;
  fingerprint: string;
  public_key: string;
}

export type CardState = "sound" | "unsound" | "unchecked";

const CARDS: Readonly<Record<string, CardState>> = { sound: "sound", faulty: "unsound" };

/** A verdict as a card; one the page does not know counts as unchecked, never as sound. */
export function cardState(line: Pick<VerdictLine, "verdict">): CardState {
  return CARDS[line.verdict] ?? "unchecked";
}

export interface Setting {
  name: string;
  value: string;
  default: string;
  allowed: readonly string[];
}

export interface Webhook {
  id: string;
  url: string;
  kinds: readonly string[];
  state: "active" | "ended";
  created_at_ms: number;
  waiting: number;
  failing: number;
  given_up: number;
  delivered_at_ms: number | null;
}

export interface WebhookSecret {
  webhook: Webhook;
  secret: string;
}

export type WebhookStanding = "ended" | "failing" | "waiting" | "good" | "unused";

/** How a webhook is doing. */
export function webhookStanding(webhook: Webhook): WebhookStanding {
  if (webhook.state === "ended") return "ended";
  if (webhook.failing > 0 || webhook.given_up > 0) return "failing";
  if (webhook.waiting > 0) return "waiting";
  return webhook.delivered_at_ms === null ? "unused" : "good";
}

/** The kinds of a text: separated by blanks, commas or lines; each once. Null where a word is no kind. */
export function kindsFrom(text: string): string[] | null {
  const words = [...new Set(text.split(/[\s,，、;；]+/).filter((word) => word !== ""))];
  return words.every((word) => /^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(word)) ? words : null;
}
