// The view's filters, by sine waves.
import { describe, expect, it } from "vitest";
import { bandName, LeadFilter, NOTCH_WIDTH_HZ, shownBand, type FilterChoice } from "../../src/ecg/filters";

const DIAGNOSTIC: FilterChoice = { band: "diagnostic", notch_hz: 0 };
const MONITOR: FilterChoice = { band: "monitor", notch_hz: 0 };
const HALF_POWER = Math.SQRT1_2;

/** How much of a sine wave comes through, once the filter has settled: 1 is all. */
function gain(choice: FilterChoice, rateHz: number, hz: number): number {
  const filter = new LeadFilter(choice, rateHz);
  const settling = Math.ceil(rateHz * (hz < 0.2 ? 20 : 4));
  // Whole periods, at least two seconds of them.
  const measured = Math.round((rateHz * Math.ceil(2 * hz)) / hz);
  let real = 0;
  let imaginary = 0;
  const phase = (i: number): number => (2 * Math.PI * hz * i) / rateHz;
  const out = filter.run(Float64Array.from({ length: settling + measured }, (_, i) => Math.sin(phase(i))));
  for (let i = settling; i < out.length; i += 1) {
    real += (out[i] as number) * Math.sin(phase(i));
    imaginary += (out[i] as number) * Math.cos(phase(i));
  }
  return (2 * Math.hypot(real, imaginary)) / measured;
}

/** Where between two frequencies half of the power comes through, to 0.5 %. */
function halfPowerHz(choice: FilterChoice, rateHz: number, from: number, to: number): number {
  let [low, high] = [from, to];
  const isRising = gain(choice, rateHz, low) < HALF_POWER;
  expect(gain(choice, rateHz, high) < HALF_POWER).toBe(!isRising);
  while (high / low > 1.005) {
    const middle = Math.sqrt(low * high);
    if (gain(choice, rateHz, middle) < HALF_POWER === isRising) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}

describe.each([500, 1000])("at %d Hz", (rateHz) => {
  it.each([
    ["diagnostic", DIAGNOSTIC, 0.05, 150],
    ["monitor", MONITOR, 0.5, 40],
  ] as const)("%s ends within 5 per cent of its name", (_name, choice, low_hz, high_hz) => {
    const low = halfPowerHz(choice, rateHz, low_hz / 2, low_hz * 2);
    const high = halfPowerHz(choice, rateHz, high_hz / 2, high_hz * 1.5);
    expect(Math.abs(low / low_hz - 1)).toBeLessThan(0.05);
    expect(Math.abs(high / high_hz - 1)).toBeLessThan(0.05);
    expect(Math.abs(gain(choice, rateHz, 8) - 1)).toBeLessThan(0.02);
  });

  it.each([50, 60] as const)("a notch takes out %d Hz, and within 5 per cent of its width no more", (notch_hz) => {
    const choice: FilterChoice = { band: "monitor", notch_hz };
    expect(gain(choice, rateHz, notch_hz)).toBeLessThan(0.01);
    // The width, by the ratio to the same band without the notch.
    const left = (hz: number): number => gain(choice, rateHz, hz) / gain(MONITOR, rateHz, hz);
    const edge = (side: 1 | -1): number => {
      let [inside, outside] = [0.1, 4];
      while (outside - inside > 0.01) {
        const middle = (inside + outside) / 2;
        if (left(notch_hz + side * middle) < HALF_POWER) inside = middle;
        else outside = middle;
      }
      return notch_hz + side * inside;
    };
    expect(Math.abs((edge(1) - edge(-1)) / NOTCH_WIDTH_HZ - 1)).toBeLessThan(0.05);
    expect(left(notch_hz / 5)).toBeGreaterThan(0.99);
  });
});

describe("a filter", () => {
  const wave = Float64Array.from({ length: 400 }, (_, i) => 300 + 100 * Math.sin(i / 9));

  it("does the same whatever the pieces it gets", () => {
    const whole = new LeadFilter(MONITOR, 500).run(wave);
    const filter = new LeadFilter(MONITOR, 500);
    const pieces = [0, 1, 20, 333].map((start, i, all) => [...filter.run(wave.slice(start, all[i + 1]))]);
    expect(pieces.flat()).toEqual([...whole]);
  });

  it.each<FilterChoice>([DIAGNOSTIC, MONITOR, { band: "monitor", notch_hz: 50 }])(
    "begins at rest, however far from zero the electrodes are ($band, $notch_hz)",
    (choice) => {
      const out = new LeadFilter(choice, 500).run(new Float64Array(1000).fill(120_000));
      expect(Math.max(...out.map(Math.abs))).toBeLessThan(1e-3);
    },
  );

  it("begins anew after a gap, and fills none", () => {
    const filter = new LeadFilter(DIAGNOSTIC, 500);
    const out = filter.run(Float64Array.of(...wave, NaN, NaN, ...wave));
    const alone = new LeadFilter(DIAGNOSTIC, 500).run(wave);
    expect([...out.slice(0, 400)]).toEqual([...alone]);
    expect([...out.slice(400, 402)]).toEqual([NaN, NaN]);
    expect([...out.slice(402)]).toEqual([...alone]);
    filter.reset();
    expect([...filter.run(wave)]).toEqual([...alone]);
  });

  it("cuts off nothing above where the device samples too slowly for it", () => {
    expect(gain(DIAGNOSTIC, 250, 100)).toBeCloseTo(1, 2);
    expect(gain({ band: "diagnostic", notch_hz: 60 }, 125, 58)).toBeCloseTo(1, 2);
  });
});

describe("the band that is shown", () => {
  it("is what the device, its rate and the view leave", () => {
    const open = { low_hz: 0, high_hz: 250 };
    expect(shownBand(DIAGNOSTIC, 500, open)).toEqual({ low_hz: 0.05, high_hz: 150, isForSt: true });
    expect(shownBand(MONITOR, 500, open)).toEqual({ low_hz: 0.5, high_hz: 40, isForSt: false });
    expect(shownBand(DIAGNOSTIC, 500, { low_hz: 0.67, high_hz: 100 })).toMatchObject({ low_hz: 0.67, high_hz: 100 });
    expect(shownBand(DIAGNOSTIC, 250, open).high_hz).toBe(125);
  });

  it.each([
    [DIAGNOSTIC, 500, { low_hz: 0.05, high_hz: 150 }, true, "diagnostic"],
    [DIAGNOSTIC, 500, { low_hz: 0.5, high_hz: 40 }, false, "monitor"],
    [DIAGNOSTIC, 500, { low_hz: 0.05, high_hz: 40 }, false, "device"],
    [DIAGNOSTIC, 500, { low_hz: 0.5, high_hz: 150 }, false, "device"],
    // Above 40 Hz the J point stays; of a diagnostic band 150 Hz is asked.
    [DIAGNOSTIC, 500, { low_hz: 0.05, high_hz: 100 }, true, "device"],
    [DIAGNOSTIC, 250, { low_hz: 0, high_hz: 150 }, true, "device"],
    [MONITOR, 500, { low_hz: 0.05, high_hz: 150 }, false, "monitor"],
  ] as const)("%o at %d Hz of a device's %o is for ST: %s, and named %s", (choice, rateHz, device, isForSt, name) => {
    const band = shownBand(choice, rateHz, device);
    expect([band.isForSt, bandName(band)]).toEqual([isForSt, name]);
  });
});

describe("what the device cut off already", () => {
  const STEP = Float64Array.from({ length: 500 }, (_, i) => (i < 100 ? 0 : 1));

  it("is not cut off again: a calibration pulse stays as it was sent", () => {
    const device = { low_hz: 0.05, high_hz: 150, notch_hz: 0 };
    expect([...new LeadFilter(DIAGNOSTIC, 500, device).run(STEP)]).toEqual([...STEP]);
    expect(new LeadFilter(DIAGNOSTIC, 500).run(STEP).at(-1)).toBeLessThan(0.9);
  });

  it("is cut off further where the reader wants less, and hum is taken out once", () => {
    const device = { low_hz: 0.05, high_hz: 40, notch_hz: 50 };
    const hum = Float64Array.from({ length: 2000 }, (_, i) => Math.sin((2 * Math.PI * 50 * i) / 500));
    const last = (choice: FilterChoice): number =>
      Math.max(...new LeadFilter(choice, 500, device).run(hum).subarray(1900));
    expect(last({ band: "diagnostic", notch_hz: 50 })).toBeGreaterThan(0.9);
    expect(last({ band: "diagnostic", notch_hz: 60 })).toBeLessThan(1.01);
    expect(new LeadFilter(MONITOR, 500, device).run(STEP).at(-1)).toBeLessThan(0.2);
  });
});
