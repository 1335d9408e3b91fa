// Leads that are sent, and leads that follow from others.
import { describe, expect, it } from "vitest";
import { leadValues, shownLeads, STANDARD_LEADS } from "../../src/ecg/leads";

const names = (device: readonly string[]): string[] => shownLeads(device).map((lead) => lead.name);

describe("the leads that can be shown", () => {
  it("are those that are sent, in the order of print", () => {
    expect(names([...STANDARD_LEADS].reverse())).toEqual(STANDARD_LEADS);
    expect(shownLeads(STANDARD_LEADS).some((lead) => lead.isDerived)).toBe(false);
    expect(shownLeads(["V1", "I"])[0]).toEqual({ name: "I", terms: [{ lead: 1, weight: 1 }], isDerived: false });
  });

  it("are completed where eight are sent", () => {
    const eight = ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"];
    expect(names(eight)).toEqual(STANDARD_LEADS);
    const derived = shownLeads(eight).filter((lead) => lead.isDerived);
    expect(derived.map((lead) => lead.name)).toEqual(["III", "aVR", "aVL", "aVF"]);
  });

  it("are only what is there", () => {
    expect(names(["MLII", "V5"])).toEqual(["V5", "MLII"]);
    expect(names(["I"])).toEqual(["I"]);
    expect(names(["II"])).toEqual(["II"]);
  });

  it("have the device's others at the end", () => {
    expect(names(["vx", "vy", "II"])).toEqual(["II", "vx", "vy"]);
  });
});

describe("the values of a lead", () => {
  const device = [Float64Array.of(100, 300, NaN), Float64Array.of(240, 20, 50)];
  const values = (name: string): number[] => {
    const shown = shownLeads(["I", "II"]).find((lead) => lead.name === name);
    return shown === undefined ? [] : [...leadValues(shown, (lead) => device[lead] ?? new Float64Array())];
  };

  it("are the device's own, or follow from I and II, and are missing where one of these is", () => {
    expect(values("I")).toEqual([100, 300, NaN]);
    expect(values("II")).toEqual([240, 20, 50]);
    expect(values("III")).toEqual([140, -280, NaN]);
    expect(values("aVR")).toEqual([-170, -160, NaN]);
    expect(values("aVL")).toEqual([-20, 290, NaN]);
    expect(values("aVF")).toEqual([190, -130, NaN]);
  });
});
