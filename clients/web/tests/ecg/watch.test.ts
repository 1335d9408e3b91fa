// What a viewer knows of an ECG.
import { describe, expect, it } from "vitest";
import { frameBytes } from "../../mock/ecg_frames";
import { GAP_HOLD_MS, POINTER_LIFE_MS, Watch } from "../../src/ecg/watch";
import { frameOf, START_US } from "./frames";

const NOW_MS = 1000;

const COUNT = 20;
const bytes = (...numbers: readonly number[]): Uint8Array =>
  Uint8Array.from(numbers.flatMap((number) => [...frameBytes(frameOf(number * COUNT, COUNT))]));

const ecg = (more: object = {}): object => ({
  id: "ec_1",
  state: "recording",
  descriptor: { rate_hz: 500, resolution_nv: 2500, leads: ["I", "II"] },
  epochs: [{ epoch: 0, first: 0, end: COUNT, first_taken_us: START_US }],
  ...more,
});
const say = (watch: Watch, message: object, now_ms = NOW_MS) => watch.receiveText(JSON.stringify(message), now_ms);
function begun(more: object = {}): Watch {
  const watch = new Watch();
  say(watch, { type: "ecg", ecg: ecg(more), server_us: 5_000_000 });
  return watch;
}
describe("frames", () => {
  it("are taken in pieces of any number, and once", () => {
    const watch = begun();
    expect(watch.receiveFrames(bytes(0, 1, 2, 3), NOW_MS)).toHaveLength(4);
    expect(watch.receiveFrames(bytes(3), NOW_MS)).toEqual([]);
    expect(watch.running?.end).toBe(4 * COUNT);
    expect(watch.differs).toBe(false);
  });

  it("are counted where they cannot be read, and the rest goes on", () => {
    const watch = begun();
    expect(watch.receiveFrames(Uint8Array.of(1, 2, 3), NOW_MS)).toEqual([]);
    expect(watch.refusedFrames).toBe(1);
    expect(watch.receiveFrames(bytes(0), NOW_MS)).toHaveLength(1);
    // A fault of the page itself is not taken for one of the line.
    expect(() => watch.receiveFrames(null as unknown as Uint8Array, NOW_MS)).toThrow(TypeError);
    expect(begun({ descriptor: null }).receiveFrames(bytes(0), NOW_MS)).toEqual([]);
  });

  it("of the room's lane come newest first, and fill what was lost before them", () => {
    const watch = begun();
    watch.receiveFrames(bytes(0), NOW_MS);
    const message = watch.receiveMessage(bytes(3, 2, 1), NOW_MS);
    expect(message?.newest.firstSample).toBe(3 * COUNT);
    expect(message?.received).toHaveLength(3);
    expect(watch.running?.end).toBe(4 * COUNT);
    expect(watch.receiveMessage(bytes(3, 2), NOW_MS)?.received).toEqual([]);
    expect(watch.receiveMessage(Uint8Array.of(1, 2, 3), NOW_MS)).toBeNull();
    expect(watch.refusedFrames).toBe(1);
    expect(watch.firstBy).toEqual({ socket: 1, room: 3 });
    expect(() => watch.receiveMessage(null as unknown as Uint8Array, NOW_MS)).toThrow(TypeError);
  });

  it("of leads that were not described are not taken", () => {
    const watch = begun({ descriptor: { rate_hz: 500, resolution_nv: 2500, leads: ["I"] } });
    expect(watch.receiveFrames(bytes(0), NOW_MS)).toEqual([]);
    expect(watch.refusedFrames).toBe(1);
  });

  it("of a new epoch are those of the same device", () => {
    const watch = begun();
    watch.receiveFrames(bytes(0), NOW_MS);
    const later = frameBytes(frameOf(0, COUNT, { epoch: 1 }));
    expect(watch.receiveFrames(later, NOW_MS)).toHaveLength(1);
    expect(watch.running?.shape.epoch).toBe(1);
    // The service tells of it later; until then the page counts for itself.
    expect(watch.rail().map((piece) => piece.epoch)).toEqual([0, 1]);
    say(watch, { type: "state", ecg: ecg() });
    expect(watch.running?.shape.epoch).toBe(1);
  });

  it("that differ from what is here are told", () => {
    const watch = begun();
    watch.receiveFrames(bytes(0), NOW_MS);
    const changed = frameOf(0, COUNT, { samples: new Int32Array(2 * COUNT) });
    watch.receiveFrames(frameBytes(changed), NOW_MS);
    expect(watch.differs).toBe(true);
  });

  it("that differ stand as the socket brings them last, and never as the room does", () => {
    const watch = begun();
    const zeros = frameBytes(frameOf(0, COUNT, { samples: new Int32Array(2 * COUNT) }));
    const valueHere = (): number | undefined => watch.running?.read(1, 3, 4)[0];
    watch.receiveMessage(zeros, NOW_MS);
    expect(valueHere()).toBe(0);
    watch.receiveFrames(bytes(0), NOW_MS);
    expect(valueHere()).not.toBe(0);
    watch.receiveMessage(zeros, NOW_MS);
    expect(valueHere()).not.toBe(0);
  });

  it("that come ahead of what the service stores are counted until it tells", () => {
    const watch = begun();
    expect(watch.untold_ms).toBe(0);
    watch.receiveMessage(bytes(0), NOW_MS);
    const whole_ms = watch.untold_ms;
    expect(whole_ms).toBeGreaterThan(0);
    say(watch, { type: "have", have: { 0: [] } });
    expect(watch.untold_ms).toBe(whole_ms);
    say(watch, { type: "have", have: { 0: [[0, COUNT / 2]] } });
    expect(watch.untold_ms).toBe(whole_ms / 2);
    expect(new Watch().untold_ms).toBe(0);
  });

  it("long past do no harm", () => {
    const watch = begun();
    watch.receiveFrames(bytes(1), NOW_MS);
    watch.receiveFrames(frameBytes(frameOf(10_000_000, COUNT)), NOW_MS);
    expect(watch.receiveFrames(bytes(0), NOW_MS)).toEqual([]);
    expect([watch.running?.end, watch.refusedFrames]).toEqual([10_000_000 + COUNT, 0]);
  });
});

describe("what the service says", () => {
  it("is known after it said it, and nothing before", () => {
    const watch = new Watch();
    expect([watch.ecg, watch.running, watch.lostSinceUs, watch.serverNow_ms(7), watch.rail()]).toEqual([
      null,
      null,
      null,
      null,
      [],
    ]);
    expect(watch.gatewayNowUs(7)).toBe(7000);
    expect(say(watch, { type: "news" })).toBeNull();
    expect(say(watch, { type: "ecg", ecg: ecg() })?.type).toBe("ecg");
    expect([watch.ecg?.id, watch.serverNow_ms(7)]).toEqual(["ec_1", null]);
  });

  it("gives the server's time and the gateway's", () => {
    const watch = begun();
    expect(watch.serverNow_ms(NOW_MS + 10)).toBe(5010);
    expect(watch.gatewayNowUs(NOW_MS)).toBe(5_000_000);
    watch.receiveFrames(bytes(0), NOW_MS);
    expect(watch.gatewayNowUs(NOW_MS + 10)).toBe(START_US + COUNT * 2000 + 10_000);
  });

  it("is the state, what is stored, the vitals, and whether the gateway is there", () => {
    const watch = begun();
    say(watch, { type: "state", ecg: ecg({ state: "ended" }) });
    expect(watch.ecg?.state).toBe("ended");
    say(watch, { type: "vitals", values: [{ t_us: 0, code: "hr", value: 83 }] });
    expect(watch.vitals.tiles(0)).toHaveLength(1);
    say(watch, { type: "lost", since_us: 5 });
    expect(watch.lostSinceUs).toBe(5);
    say(watch, { type: "found" });
    expect(watch.lostSinceUs).toBeNull();
    say(watch, { type: "have", have: { "0": [[0, 5]] } });
    expect(watch.have.get(0)).toEqual([[0, 5]]);
    say(watch, { type: "anchor", track: "t", rtp_timestamp: 1, gateway_us: 2 }, NOW_MS);
    const frame = { track: "t", rtp: 5, shown_ms: NOW_MS };
    expect(watch.anchors.follow([frame], NOW_MS)).toEqual({
      frame,
      anchor: { track: "t", rtp: 1, gatewayUs: 2, arrived_ms: NOW_MS },
    });
  });

  it("is who points, and where, of so many people", () => {
    const watch = begun();
    const at = { show: "pointer", lead: "V3", epoch: 0, sample: 7 };
    say(watch, { type: "pointed", by: "pe_1", name: "王敏", ...at });
    say(watch, { type: "pointed", by: "pe_2", name: "李建平", show: "no such thing" });
    expect(watch.pointed(0)).toMatchObject([{ by: "pe_1", name: "王敏", pointer: at }]);
    say(watch, { type: "pointed", by: "pe_1", name: "王敏", show: "nothing" });
    expect(watch.pointed(0)).toEqual([]);
    for (let i = 0; i < 50; i += 1) say(watch, { type: "pointed", by: `pe_${i}`, name: "", ...at });
    expect(watch.pointed(0)).toHaveLength(32);
    say(watch, { type: "pointed", by: "pe_3", name: "", ...at, sample: 9 });
    expect(watch.pointed(0).find((one) => one.by === "pe_3")?.pointer).toMatchObject({ sample: 9 });
  });

  it("is nobody's place for ever: a page that is gone points no longer", () => {
    const watch = begun();
    const points = [
      { sample: 1, mv: 0 },
      { sample: 9, mv: 0 },
    ];
    say(watch, { type: "pointed", by: "pe_1", name: "王敏", show: "pointer", lead: "V3", epoch: 0, sample: 7 });
    say(watch, { type: "pointed", by: "pe_2", name: "李建平", show: "caliper", lead: "V3", epoch: 0, points });
    const byAt = (now_ms: number) => watch.pointed(now_ms).map((one) => one.by);
    expect(byAt(NOW_MS + POINTER_LIFE_MS - 1)).toEqual(["pe_1", "pe_2"]);
    expect(byAt(NOW_MS + POINTER_LIFE_MS)).toEqual(["pe_2"]);
    // What was said before a break may have been taken back in it.
    say(watch, { type: "ecg", ecg: ecg(), server_us: 5_000_000 });
    expect(byAt(NOW_MS)).toEqual([]);
  });
});

describe("a gateway that was gone before the page was opened", () => {
  it("leaves the newest sample as old as the service says", () => {
    const watch = begun();
    watch.receiveFrames(bytes(0), NOW_MS);
    // The server's clock shows 5 s: it was gone for 4.7 s, and what came now had come to it then.
    say(watch, { type: "lost", since_us: 300_000 });
    expect(watch.running?.newest?.arrived_ms).toBe(NOW_MS - 4700);
    expect(watch.running?.gaps(0, 10_000, NOW_MS)).toMatchObject([{ isOpen: true, length_ms: 4700 }]);
    expect(watch.gatewayNowUs(NOW_MS)).toBe(START_US + COUNT * 2000 + 4_700_000);
    // Told again, or of later: nothing comes to be newer than it is.
    say(watch, { type: "lost", since_us: 9_000_000 });
    expect(watch.running?.newest?.arrived_ms).toBe(NOW_MS - 4700);
    watch.receiveFrames(bytes(1), NOW_MS + 50);
    expect(watch.running?.newest?.arrived_ms).toBe(NOW_MS + 50);
  });

  it("changes nothing where no clock or no sample is known", () => {
    const silent = new Watch();
    say(silent, { type: "lost", since_us: 5 });
    say(silent, { type: "ecg", ecg: ecg() });
    silent.receiveFrames(bytes(0), NOW_MS);
    say(silent, { type: "lost", since_us: 5 });
    expect(silent.running?.newest?.arrived_ms).toBe(NOW_MS);
    const empty = begun();
    say(empty, { type: "lost", since_us: 5 });
    expect(empty.running?.newest).toBeNull();
    expect(empty.lostSinceUs).toBe(5);
  });
});

describe("what is missing", () => {
  it("is asked for where the service has it", () => {
    const watch = begun();
    watch.receiveFrames(bytes(0, 2), NOW_MS);
    expect(watch.wanted(1000)).toBeNull();
    say(watch, { type: "have", have: { "0": [[0, 200]] } });
    expect(watch.wanted(1000)).toEqual({ epoch: 0, start: 20, end: 40 });
    expect(watch.wanted(5)).toEqual({ epoch: 0, start: 20, end: 25 });
    watch.receiveFrames(bytes(1), NOW_MS + GAP_HOLD_MS);
    expect(watch.wanted(1000)).toBeNull();
  });

  it("is seen on the rail, and what came late", () => {
    const watch = begun();
    expect(watch.rail().map((piece) => piece.kind)).toEqual(["missing"]);
    watch.receiveFrames(bytes(0, 2), NOW_MS);
    const kinds = () => watch.rail().map(({ kind, start, end }) => [kind, start, end]);
    expect(kinds()).toEqual([
      ["stored", 0, 20],
      ["missing", 20, 40],
      ["stored", 40, 60],
    ]);
    watch.receiveFrames(bytes(1), NOW_MS + GAP_HOLD_MS);
    expect(kinds()[1]).toEqual(["late", 20, 40]);
  });
});
