// The filters of the view: samples go through one after another, and every gap begins anew. The record stays raw.
//
// A filter begins as if its first sample had always been there: what is cut off below then shows no step, only the
// resting line moving to zero with the filter's own slowness (3.2 s at 0.05 Hz).

/** What a reader chooses. */
export interface FilterChoice {
  readonly band: "diagnostic" | "monitor";
  /** Mains hum to be taken out. */
  readonly notch_hz: 0 | 50 | 60;
}

interface Band {
  readonly low_hz: number;
  readonly high_hz: number;
  readonly lowOrder: 1 | 2;
  /** A cut at 0.5 Hz bends the ST segment, one at 40 Hz lifts the J point. */
  readonly isForSt: boolean;
}

/**
 * AHA/ACC/HRS 2007: 0.05 to 150 Hz for adults, below as a single pole does, whose phase leaves the ST segment as it
 * is. The monitor's band holds the resting line still at the price of the ST segment.
 */
export const BANDS: Readonly<Record<FilterChoice["band"], Band>> = {
  diagnostic: { low_hz: 0.05, high_hz: 150, lowOrder: 1, isForSt: true },
  monitor: { low_hz: 0.5, high_hz: 40, lowOrder: 2, isForSt: false },
};
/** Between the notch's −3 dB points: the hum of a mains within its tolerance (±0.5 Hz) goes, QRS rings little. */
export const NOTCH_WIDTH_HZ = 2;
/** Nearer to half the sampling rate nothing is left to cut off, and the bilinear transform bends what is. */
const MOST_OF_HALF_RATE = 0.9;
/** Both poles of Butterworth's second order. */
const BUTTERWORTH_Q = Math.SQRT1_2;

/** One section, its leading coefficient below 1: y = b0 x + b1 x' + b2 x'' − a1 y' − a2 y''. */
interface Section {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

/** The band that a device's own filter passes, and the hum it took out. */
export interface DeviceBand {
  readonly low_hz: number;
  readonly high_hz: number;
  readonly notch_hz: number;
}

/** A device that passes everything. */
export const UNFILTERED: DeviceBand = { low_hz: 0, high_hz: Infinity, notch_hz: 0 };

/** What of the heart's signal is left: to be shown beside every trace. */
export interface ShownBand {
  readonly low_hz: number;
  readonly high_hz: number;
  readonly isForSt: boolean;
}

/** The band after the device's own filter, the sampling rate and the view's filter. */
export function shownBand(
  choice: FilterChoice,
  rateHz: number,
  device: Pick<DeviceBand, "low_hz" | "high_hz">,
): ShownBand {
  const band = BANDS[choice.band];
  return {
    low_hz: Math.max(band.low_hz, device.low_hz),
    high_hz: Math.min(band.high_hz, device.high_hz, rateHz / 2),
    // What the device cut off is gone, whatever the view lets through.
    isForSt: band.isForSt && device.low_hz <= BANDS.diagnostic.low_hz && device.high_hz > BANDS.monitor.high_hz,
  };
}

/** What a band may be called; "device": neither the one nor the other, as the device left it. */
export type BandName = FilterChoice["band"] | "device";

/** The name of what is left: of the diagnostic band all has to be there. */
export function bandName({ low_hz, high_hz, isForSt }: ShownBand): BandName {
  const { diagnostic, monitor } = BANDS;
  if (isForSt) return high_hz >= diagnostic.high_hz ? "diagnostic" : "device";
  return low_hz >= monitor.low_hz && high_hz <= monitor.high_hz ? "monitor" : "device";
}

/**
 * The filter of one lead.
 *
 * What the device cut off is not cut off again: a second filter at the same edge would bend what the first left (a
 * second pole at 0.05 Hz lets a calibration pulse of 200 ms sink by 6 %).
 */
export class LeadFilter {
  private readonly sections: readonly Section[];
  /** Two for each section (direct form II transposed). */
  private readonly state: Float64Array;
  private isFresh = true;

  constructor(choice: FilterChoice, rateHz: number, device: DeviceBand = UNFILTERED) {
    this.sections = sectionsOf(choice, rateHz, device);
    this.state = new Float64Array(2 * this.sections.length);
  }

  /** The next samples, filtered; NaN stays NaN, and what follows on it begins anew. */
  run(values: Float64Array): Float64Array {
    return values.map((value) => {
      if (Number.isNaN(value)) {
        this.reset();
        return value;
      }
      if (this.isFresh) this.settle(value);
      let x = value;
      for (let number = 0; number < this.sections.length; number += 1)
        x = this.step(this.sections[number] as Section, 2 * number, x);
      return x;
    });
  }

  /** Forgets what came: the next sample does not follow on the last. */
  reset(): void {
    this.isFresh = true;
  }

  private step({ b0, b1, b2, a1, a2 }: Section, at: number, x: number): number {
    const y = b0 * x + (this.state[at] as number);
    this.state[at] = b1 * x - a1 * y + (this.state[at + 1] as number);
    this.state[at + 1] = b2 * x - a2 * y;
    return y;
  }

  /** The state in which this value has come for ever. */
  private settle(value: number): void {
    this.isFresh = false;
    let x = value;
    this.sections.forEach(({ b0, b1, b2, a1, a2 }, number) => {
      const y = (x * (b0 + b1 + b2)) / (1 + a1 + a2);
      this.state[2 * number] = y - b0 * x;
      this.state[2 * number + 1] = b2 * x - a2 * y;
      x = y;
    });
  }
}

function sectionsOf(choice: FilterChoice, rateHz: number, device: DeviceBand): Section[] {
  const { low_hz, high_hz, lowOrder } = BANDS[choice.band];
  const isBelowHalf = (hz: number): boolean => hz > 0 && hz < (MOST_OF_HALF_RATE * rateHz) / 2;
  return [
    ...(device.low_hz >= low_hz ? [] : [lowOrder === 1 ? highPassOfOnePole(low_hz, rateHz) : highPass(low_hz, rateHz)]),
    ...(device.high_hz > high_hz && isBelowHalf(high_hz) ? [lowPass(high_hz, rateHz)] : []),
    ...(device.notch_hz !== choice.notch_hz && isBelowHalf(choice.notch_hz) ? [notch(choice.notch_hz, rateHz)] : []),
  ];
}

// All by the bilinear transform, warped so that the −3 dB points stand where they are named.

const warped = (hz: number, rateHz: number): number => Math.tan((Math.PI * hz) / rateHz);

function highPassOfOnePole(hz: number, rateHz: number): Section {
  const k = warped(hz, rateHz);
  const b0 = 1 / (1 + k);
  return { b0, b1: -b0, b2: 0, a1: (k - 1) / (k + 1), a2: 0 };
}

function highPass(hz: number, rateHz: number): Section {
  const k = warped(hz, rateHz);
  const norm = 1 / (1 + k / BUTTERWORTH_Q + k * k);
  return { b0: norm, b1: -2 * norm, b2: norm, ...poles(k, norm) };
}

function lowPass(hz: number, rateHz: number): Section {
  const k = warped(hz, rateHz);
  const norm = 1 / (1 + k / BUTTERWORTH_Q + k * k);
  return { b0: k * k * norm, b1: 2 * k * k * norm, b2: k * k * norm, ...poles(k, norm) };
}

function poles(k: number, norm: number): Pick<Section, "a1" | "a2"> {
  return { a1: 2 * (k * k - 1) * norm, a2: (1 - k / BUTTERWORTH_Q + k * k) * norm };
}

function notch(hz: number, rateHz: number): Section {
  const width = warped(NOTCH_WIDTH_HZ, rateHz);
  const b0 = 1 / (1 + width);
  const b1 = -2 * b0 * Math.cos((2 * Math.PI * hz) / rateHz);
  return { b0, b1, b2: b0, a1: b1, a2: (1 - width) * b0 };
}
