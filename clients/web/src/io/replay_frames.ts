// The stored samples of one ECG around a play head: fetched by stretches, each once, and put together to a page.

import { decodeFrames, type Frame } from "../ecg/frame";
import { heldAround, type Stretch } from "../ecg/replay_stretches";
import { StoredPage } from "../ecg/stored_page";
import { ApiFailure, unreachable } from "../protocol/api";
import type { EcgDescriptor } from "../protocol/ecg";
import type { Ecgs } from "./ecg_ports";

interface Held extends Stretch {
  readonly frames: readonly Frame[];
}

/** "failed": what lies under the play head was not to be had. */
export interface ReplayPage {
  readonly page: StoredPage | null;
  readonly failure: ApiFailure | null;
}

const keyOf = ({ epoch, number }: Stretch): string => `${epoch} ${number}`;

export class ReplayFrames {
  readonly #held = new Map<string, Held>();
  readonly #asked = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #wanted: readonly Stretch[] = [];
  #built = "";
  #now: ReplayPage = { page: null, failure: null };

  constructor(
    private readonly ecgs: Pick<Ecgs, "frames">,
    private readonly id: string,
    private readonly descriptor: EcgDescriptor,
  ) {}

  subscribe(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  now(): ReplayPage {
    return this.#now;
  }

  /** Says what is wanted, the most urgent first; what is not wanted any more is let go. */
  want(wanted: readonly Stretch[]): void {
    this.#wanted = wanted;
    const keys = new Set(wanted.map(keyOf));
    for (const key of this.#held.keys()) if (!keys.has(key)) this.#held.delete(key);
    this.#fetchNext();
    this.#build();
  }

  /** Asks again for what failed. */
  again(): void {
    this.#now = { ...this.#now, failure: null };
    this.#fetchNext();
    this.#tell();
  }

  /** One after the other: what lies under the play head does not wait for what comes later. */
  #fetchNext(): void {
    if (this.#asked.size > 0 || this.#now.failure !== null) return;
    const next = this.#wanted.find((one) => !this.#held.has(keyOf(one)));
    if (next === undefined) return;
    const key = keyOf(next);
    this.#asked.add(key);
    this.#fetch(next)
      .then(
        (frames) => {
          if (this.#wanted.some((one) => keyOf(one) === key)) this.#held.set(key, { ...next, frames });
        },
        (error: unknown) => {
          const failure = error instanceof ApiFailure ? error : unreachable();
          this.#now = { page: this.#now.page, failure };
        },
      )
      .finally(() => {
        this.#asked.delete(key);
        this.#build();
        this.#fetchNext();
        this.#tell();
      });
  }

  async #fetch({ epoch, start, end }: Stretch): Promise<Frame[]> {
    return decodeFrames(await this.ecgs.frames(this.id, epoch, start, end));
  }

  /** A page of all that is held around the play head; the same one as long as that is the same. */
  #build(): void {
    const held = heldAround(this.#wanted, (one) => this.#held.get(keyOf(one)));
    const built = held.map(keyOf).join();
    if (built === this.#built) return;
    this.#built = built;
    const [first] = held;
    const last = held.at(-1);
    const page =
      first === undefined || last === undefined
        ? null
        : new StoredPage(
            { epoch: first.epoch, rateHz: this.descriptor.rate_hz, leads: this.descriptor.leads.length },
            first.start,
            last.end,
            held.flatMap((one) => one.frames),
          );
    this.#now = { ...this.#now, page };
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
