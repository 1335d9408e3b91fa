// Sends the steps of the ladder to the record, each once and in order, also those that could not be sent at once.

import { dueReport, type Seen } from "../protocol/ladder_report";
import type { Level } from "../protocol/ladder";
import type { Consultations, LadderStep } from "./consult_ports";

/** More steps than an hour of the worst line makes; the oldest go first. */
const MAX_WAITING = 50;
const TRY_AGAIN_MS = 5000;

export class LadderReporter {
  readonly #consultations: Pick<Consultations, "reportLadder">;
  readonly #case: string;
  readonly #identity: string;
  #last: Level = 0;
  #waiting: LadderStep[] = [];
  #isSending = false;
  #timer: number | undefined;

  /** `identity` is that of the page in the room: what it reports is about its own receivers. */
  constructor(consultations: Pick<Consultations, "reportLadder">, caseId: string, identity: string) {
    this.#consultations = consultations;
    this.#case = caseId;
    this.#identity = identity;
  }

  /** Takes what the page sees now. */
  see(seen: Seen): void {
    const report = dueReport(this.#last, seen);
    if (report === null) return;
    this.#last = report.step;
    this.#waiting = [...this.#waiting, { ...report, receiver: this.#identity }].slice(-MAX_WAITING);
    void this.#send();
  }

  close(): void {
    window.clearTimeout(this.#timer);
    this.#waiting = [];
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    window.clearTimeout(this.#timer);
    try {
      for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
        await this.#consultations.reportLadder(this.#case, next);
        this.#waiting = this.#waiting.slice(1);
      }
    } catch {
      this.#timer = window.setTimeout(() => void this.#send(), TRY_AGAIN_MS);
    } finally {
      this.#isSending = false;
    }
  }
}
