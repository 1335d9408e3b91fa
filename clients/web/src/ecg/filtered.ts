// The values of the leads that are shown, filtered as the reader chose, for as long as a page and a little more.
//
// A filter remembers. It therefore runs over the samples in their order, once; where samples came into what it has
// passed already, it is run anew from before the page.

import { LeadFilter, type DeviceBand, type FilterChoice } from "./filters";
import { leadValues, type ShownLead } from "./leads";
import type { Readable } from "./readable";
import type { Values } from "./trace";

/** Before what is shown: three times what the slowest filter needs to forget (0.05 Hz, one pole: 3.2 s). */
export const WARM_UP_S = 10;
const NV_PER_MV = 1_000_000;

/** How samples become values. */
export interface Seeing {
  readonly leads: readonly ShownLead[];
  readonly choice: FilterChoice;
  readonly device: DeviceBand;
  readonly resolution_nv: number;
}

export class Filtered {
  private readonly ring: Float64Array;
  private filters: LeadFilter[] = [];
  private from = 0;
  private to = 0;

  /** `kept`: how many samples of each lead can be asked for. */
  constructor(
    readonly source: Readable,
    readonly seeing: Seeing,
    private readonly kept: number,
  ) {
    this.ring = new Float64Array(kept * seeing.leads.length);
    this.restart(source.start);
  }

  /** Begins anew, so that `sample` and what follows is as if the filter had always run. */
  restart(sample: number): void {
    const { rateHz } = this.source.shape;
    const { choice, device } = this.seeing;
    this.from = Math.max(0, this.source.start, sample - WARM_UP_S * rateHz);
    this.to = this.from;
    this.filters = this.seeing.leads.map(() => new LeadFilter(choice, rateHz, device));
  }

  /** Runs on over everything before `until`. */
  advance(until: number): void {
    if (until <= this.to) return;
    const { source, to } = this;
    const breaks = source.breaksIn(to, until).map((sample) => sample - to);
    this.seeing.leads.forEach((lead, number) => {
      const filter = this.filters[number] as LeadFilter;
      const raw = leadValues(lead, (one) => source.read(one, to, until));
      let start = 0;
      for (const end of [...breaks, raw.length]) {
        const passed = filter.run(raw.subarray(start, end));
        for (let i = 0; i < passed.length; i += 1) this.ring[this.place(number, to + start + i)] = passed[i] as number;
        // What follows on a loss does not follow on what was before it.
        if (end < raw.length) filter.reset();
        start = end;
      }
    });
    this.to = until;
    this.from = Math.max(this.from, until - this.kept);
  }

  /** Of one of the leads, by its number; NaN outside of what was run over. */
  values(lead: number, start: number, end: number): Values {
    const values = new Float64Array(end - start).fill(NaN);
    const to = Math.min(end, this.to);
    for (let sample = Math.max(start, this.from); sample < to; sample += 1)
      values[sample - start] = this.ring[this.place(lead, sample)] as number;
    const mvPerStep = this.seeing.resolution_nv / NV_PER_MV;
    return { start, values, mvPerStep, breaks: this.source.breaksIn(start, end) };
  }

  private place(lead: number, sample: number): number {
    return lead * this.kept + (sample % this.kept);
  }
}
