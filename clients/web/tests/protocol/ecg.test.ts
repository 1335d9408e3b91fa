// What the service says of an ECG, as the pages read it.
import { describe, expect, it } from "vitest";
import {
  descriptorFrom,
  ecgFrom,
  ecgsFrom,
  ecgToShow,
  gatewaysFrom,
  inventoryFrom,
  stretchesFrom,
  isFinal,
  mayEcg,
  viewerMessageFrom,
  vitalsAnswered,
  vitalsFrom,
  type Ecg,
} from "../../src/protocol/ecg";

const SENT = {
  id: "ec_1",
  serial: "E-20261122-0001",
  state: "recording",
  is_complete: false,
  missing_ms: 2700,
  patient: { id: "pa_1", name: "张德福", sex: "male", birth_year: 1965 },
  case: "ca_1",
  institution: "in_1",
  institution_name: "青溪镇中心卫生院",
  device: "dv_3",
  device_name: "心电室网关",
  source: "replay",
  is_simulated: false,
  is_diagnostic: true,
  descriptor: {
    rate_hz: 500,
    resolution_nv: 5000,
    leads: ["I", "II"],
    band_low_mhz: 50,
    band_high_hz: 150,
    notch_hz: 50,
    model: "Box 12",
    source: "replay",
    latency_ms: 20,
  },
  urgency: "urgent",
  started_at_ms: 1000,
  ended_at_ms: 0,
  duration_ms: 84_000,
  epochs: [{ epoch: 0, first: 0, end: 42_000, first_taken_us: 1_700_000_000_000_000 }],
  gap_count: 1,
  late_ms: 0,
  report: null,
  critical: null,
  allowed: ["stop", "report"],
};
const ecgOf = (more: object = {}): Ecg => ecgFrom({ ...SENT, ...more }) as Ecg;

describe("an ECG", () => {
  it("is read whole", () => {
    const one = ecgOf();
    expect(one).toMatchObject({ id: "ec_1", state: "recording", ended_at_ms: null, missing_ms: 2700, case: "ca_1" });
    expect(one.descriptor).toEqual({
      rate_hz: 500,
      resolution_nv: 5000,
      leads: ["I", "II"],
      band_low_mhz: 50,
      band_high_hz: 150,
      notch_hz: 50,
      model: "Box 12",
    });
    expect(one.epochs).toEqual(SENT.epochs);
    expect(mayEcg(one, "stop")).toBe(true);
    expect(mayEcg(one, "sign")).toBe(false);
    expect(ecgOf({ state: "ended", ended_at_ms: 5000 }).ended_at_ms).toBe(5000);
  });

  it("is none without an id or in a state that is not known", () => {
    expect([null, {}, { ...SENT, id: 7 }, { ...SENT, state: "dreaming" }].map(ecgFrom)).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(ecgsFrom({ ecgs: [SENT, {}, 3] }).map((one) => one.id)).toEqual(["ec_1"]);
    expect(ecgsFrom(null)).toEqual([]);
  });

  it("claims nothing that it does not say", () => {
    const bare = ecgFrom({ id: "ec_2", state: "waiting" });
    expect(bare).toEqual({
      id: "ec_2",
      serial: "",
      state: "waiting",
      is_complete: false,
      missing_ms: 0,
      patient: { id: "", name: "", sex: "unknown", birth_year: null },
      case: "",
      institution_name: "",
      device: "",
      device_name: "",
      source: "device",
      is_simulated: false,
      is_diagnostic: false,
      descriptor: null,
      urgency: "routine",
      started_at_ms: 0,
      ended_at_ms: null,
      duration_ms: 0,
      epochs: [],
      gap_count: 0,
      late_ms: 0,
      missing: [],
      is_end_known: false,
      give_up_from_ms: null,
      given_up: null,
      allowed: [],
    });
  });

  it("says what is missing, and who has given it up and why", () => {
    const given_up = { at_ms: 7, by: "pe_1", by_name: "王敏", reason: "盒子烧了", missing_ms: 2700 };
    const one = ecgOf({
      missing: [{ epoch: 0, first: 5, end: 9, from_us: 12 }, { from_us: 0 }, 7],
      is_end_known: true,
      give_up_from_ms: 600_000,
      given_up,
    });
    expect(one.missing).toEqual([
      { epoch: 0, first: 5, end: 9, from_us: 12 },
      { epoch: 0, first: 0, end: 0, from_us: null },
    ]);
    expect(one).toMatchObject({ is_end_known: true, give_up_from_ms: 600_000 });
    expect(one.given_up).toEqual({ at_ms: 7, by_name: "王敏", reason: "盒子烧了", missing_ms: 2700 });
    expect(ecgOf({ given_up: {} }).given_up).toEqual({ at_ms: 0, by_name: "", reason: "", missing_ms: 0 });
    expect([isFinal(one), isFinal({ ...one, state: "ended" })]).toEqual([false, true]);
    expect(isFinal(ecgOf({ state: "ended" }))).toBe(false);
    expect(isFinal(ecgOf({ state: "ended", is_complete: true }))).toBe(true);
  });

  it("cannot be drawn without leads, rate or resolution", () => {
    expect(descriptorFrom({ ...SENT.descriptor, leads: [] })).toBeNull();
    expect(descriptorFrom({ ...SENT.descriptor, rate_hz: 0 })).toBeNull();
    expect(descriptorFrom({ ...SENT.descriptor, resolution_nv: "5" })).toBeNull();
    expect(descriptorFrom({ leads: ["I", 7], rate_hz: 250, resolution_nv: 1 })).toEqual({
      rate_hz: 250,
      resolution_nv: 1,
      leads: ["I"],
      band_low_mhz: 0,
      band_high_hz: 125,
      notch_hz: 0,
      model: "",
    });
  });

  it("of several is shown the one that runs, else the newest", () => {
    const old = ecgOf({ id: "old", state: "ended", started_at_ms: 1 });
    const late = ecgOf({ id: "late", state: "ended", started_at_ms: 9 });
    const runs = ecgOf({ id: "runs", state: "recording", started_at_ms: 5 });
    expect(ecgToShow([])).toBeNull();
    expect(ecgToShow([old, late])?.id).toBe("late");
    expect(ecgToShow([late, old])?.id).toBe("late");
    expect(ecgToShow([old, runs, late])?.id).toBe("runs");
  });
});

describe("gateways", () => {
  it("are read, with the number of their leads or their names", () => {
    const box = {
      device: "dv_3",
      name: "心电室网关",
      is_connected: true,
      model: "Box",
      source: "device",
      rate_hz: 500,
    };
    expect(gatewaysFrom({ gateways: [{ ...box, leads: ["I", "II"] }, { leads: 12 }, {}] })).toEqual([
      { ...box, leads: 2 },
      { device: "", name: "", is_connected: false, model: "", source: "", rate_hz: null, leads: 12 },
      { device: "", name: "", is_connected: false, model: "", source: "", rate_hz: null, leads: 0 },
    ]);
  });
});

describe("vitals", () => {
  it("without a code, a number or a time are none; validity is not taken for granted", () => {
    const one = { t_us: 7, code: "hr", value: 83, unit: "/min", validity: "valid", source: "counted" };
    expect(vitalsAnswered({ vitals: [one] })).toEqual([one]);
    expect(vitalsAnswered(null)).toEqual([]);
    expect(vitalsFrom([one, { ...one, code: "" }, { ...one, value: "83" }, { ...one, t_us: null }])).toEqual([one]);
    expect(vitalsFrom([{ t_us: 7, code: "spo2", value: 96 }])).toEqual([
      { t_us: 7, code: "spo2", value: 96, unit: "", validity: "questionable", source: "device" },
    ]);
  });
});

describe("what the service has", () => {
  it("is stretches by epoch; what is none is left out", () => {
    const said = { "0": [[0, 10], [12, 12], [-1, 4], [20, 30], 7, ["a", 3], [5]], x: [[0, 1]], "1": 7 };
    expect([...inventoryFrom(said)]).toEqual([
      [
        0,
        [
          [0, 10],
          [20, 30],
        ],
      ],
    ]);
    expect(inventoryFrom(null).size).toBe(0);
  });
});

describe("what a viewer's socket says", () => {
  const read = (value: unknown) => viewerMessageFrom(JSON.stringify(value));

  it("begins with the ECG, flat or by name", () => {
    const have = { "0": [[0, 500]] };
    expect(read({ type: "ecg", ...SENT, have, server_us: 9 })).toEqual({
      type: "ecg",
      ecg: ecgOf(),
      have: new Map([[0, [[0, 500]]]]),
      server_us: 9,
    });
    expect(read({ type: "ecg", ecg: SENT })).toMatchObject({ ecg: { id: "ec_1" }, server_us: null });
    expect(read({ type: "ecg" })).toBeNull();
  });

  it("goes on with changes of it", () => {
    expect(read({ type: "state", ...SENT, state: "ended" })).toMatchObject({ type: "state", ecg: { state: "ended" } });
    expect(read({ type: "state", ecg: SENT })).toMatchObject({ ecg: { state: "recording" } });
    expect(read({ type: "state" })).toBeNull();
    expect(read({ type: "have", have: { "0": [[1, 2]] } })).toEqual({ type: "have", have: new Map([[0, [[1, 2]]]]) });
    expect(read({ type: "have", epochs: { "1": [[1, 2]] } })).toEqual({ type: "have", have: new Map([[1, [[1, 2]]]]) });
    expect(read({ type: "vitals", values: [] })).toEqual({ type: "vitals", values: [] });
    expect(read({ type: "lost", since_us: 5 })).toEqual({ type: "lost", since_us: 5 });
    expect(read({ type: "lost" })).toEqual({ type: "lost", since_us: 0 });
    expect(read({ type: "found" })).toEqual({ type: "found" });
  });

  it("tells moments of a picture, and where others point", () => {
    const anchor = { type: "anchor", track: "TR_1", rtp_timestamp: 90_000, gateway_us: 5 };
    expect(read({ ...anchor, clock_rate: 90_000 })).toEqual(anchor);
    expect(read({ ...anchor, clock_rate: 48_000 })).toBeNull();
    for (const name of ["track", "rtp_timestamp", "gateway_us"]) expect(read({ ...anchor, [name]: null })).toBeNull();
    const pointed = { type: "pointed", by: "pe_2", name: "王敏", show: "pointer", lead: "V3", epoch: 0, sample: 7 };
    expect(read(pointed)).toEqual({ type: "pointed", by: "pe_2", name: "王敏", pointer: pointed });
  });

  it("may be more than this page knows", () => {
    expect(viewerMessageFrom("{")).toBeNull();
    expect(read([1])).toBeNull();
    expect(read({ type: "news" })).toBeNull();
  });
});

describe("a record", () => {
  it("is final once it has ended and nothing is missing any more", () => {
    expect(isFinal({ state: "ended", is_complete: true, given_up: null })).toBe(true);
    expect(isFinal({ state: "ended", is_complete: false, given_up: null })).toBe(false);
    expect(isFinal({ state: "recording", is_complete: true, given_up: null })).toBe(false);
  });
});

it("what is stored and what came late is read; what is no stretch is left out", () => {
  const answer = {
    epochs: [
      { epoch: 1, first_taken_us: 5, stored: [[0, 10], [20, 15], "x", [20, 30]], late: [[2, 4]] },
      { stored: 7 },
      null,
    ],
  };
  expect(stretchesFrom(answer)).toEqual([
    {
      epoch: 1,
      stored: [
        [0, 10],
        [20, 30],
      ],
      late: [[2, 4]],
    },
    { epoch: 0, stored: [], late: [] },
  ]);
  expect(stretchesFrom(null)).toEqual([]);
});
