// Which samples are here and which are missing: half-open stretches of numbers, by arithmetic alone.
//
// The page's form of media_server/ecg/spans.py; what it has more (`within`, `forget`) is for a view that keeps
// minutes, not sessions.

/** Samples from `start` (inside) to `end` (not). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A set of samples as stretches that neither touch nor overlap, in order. */
export class Spans {
  private starts: number[] = [];
  private ends: number[] = [];

  /** All stretches, in order. */
  all(): Span[] {
    return this.starts.map((start, number) => ({ start, end: this.ends[number] as number }));
  }

  /** The first number after all that is here; 0 where there is nothing. */
  get end(): number {
    return this.ends.at(-1) ?? 0;
  }

  /** Adds the samples; returns those of them that were not here before, in order. Throws RangeError. */
  add(start: number, end: number): Span[] {
    if (!(start >= 0 && start <= end)) throw new RangeError("a stretch ends before it begins");
    const added = this.missing(start, end);
    if (added.length === 0) return added;
    // Those that touch are joined as well, so that what is whole is one stretch.
    const first = firstNotBelow(this.ends, start);
    const last = firstAbove(this.starts, end);
    const from = Math.min(start, this.starts[first] ?? start);
    const to = Math.max(end, this.ends[last - 1] ?? end);
    this.starts.splice(first, last - first, from);
    this.ends.splice(first, last - first, to);
    return added;
  }

  /** The stretches between `start` and `end` that are not here, in order. */
  missing(start: number, end: number): Span[] {
    const found: Span[] = [];
    let at = start;
    for (const here of this.within(start, end)) {
      if (at < here.start) found.push({ start: at, end: here.start });
      at = here.end;
    }
    if (at < end) found.push({ start: at, end });
    return found;
  }

  /** The stretches between `start` and `end` that are here, in order, cut off at both. */
  within(start: number, end: number): Span[] {
    const found: Span[] = [];
    for (let number = firstAbove(this.ends, start); number < this.starts.length; number += 1) {
      const span = this.starts[number] as number;
      if (span >= end) break;
      found.push({ start: Math.max(start, span), end: Math.min(end, this.ends[number] as number) });
    }
    return found;
  }

  /** Whether every sample of the stretch is here. */
  has(start: number, end: number): boolean {
    return this.missing(start, end).length === 0;
  }

  /** The first number from `start` on that is not here. */
  wholeUntil(start: number): number {
    const number = firstAbove(this.ends, start);
    return (this.starts[number] ?? Infinity) <= start ? (this.ends[number] as number) : start;
  }

  /** Drops what lies before `start`. */
  forget(start: number): void {
    const dropped = firstAbove(this.ends, start);
    this.starts.splice(0, dropped);
    this.ends.splice(0, dropped);
    if ((this.starts[0] ?? start) < start) this.starts[0] = start;
  }
}

/** Where the first number ≥ `wanted` stands in a rising list. */
export function firstNotBelow(rising: readonly number[], wanted: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the first number > `wanted` stands in a rising list of whole numbers. */
export function firstAbove(rising: readonly number[], wanted: number): number {
  return firstNotBelow(rising, wanted + 1);
}
