// ECGs that live in the page: a drawn heart, sent as a gateway and the service send it.
//
// ?ecg=normal|gap|late|off|stale|lost|simulated|monitor|waiting|ended|replay|foreign|import|none  (several joined by "+")

import type { EcgLink, Ecgs, LiveEcg } from "../src/io/ecg_ports";
import { FrameFlag } from "../src/ecg/frame";
import type { PointerMessage } from "../src/ecg/pointer";
import { Watch, type Received } from "../src/ecg/watch";
import { ApiFailure, type RecordedClocks } from "../src/protocol/api";
import { ecgFrom, type Ecg } from "../src/protocol/ecg";
import { frameBytes } from "./ecg_frames";
import { HEART_LEADS, heartAt } from "./ecg_heart";

const asked = new Set((new URLSearchParams(location.search).get("ecg") ?? "normal").split(/[+ ]/));
const RATE_HZ = asked.has("monitor") ? 250 : 500;
const STEP_MV = 0.005;
const FRAME = Math.round(0.04 * RATE_HZ);
/** How long it has run when the page opens. */
const BEFORE_S = 84;
const begun_ms = Date.now() - BEFORE_S * 1000;
const at = (second: number): number => Math.round(((BEFORE_S + second) * RATE_HZ) / FRAME) * FRAME;
/** Seconds after the page opened. */
const GAP = { start: at(3), end: at(5.7) };
const GAP_FILLED_S = 10;
/** Of one that has ended and is replayed: what is missing for good, and what came late. */
const HOLE = { start: at(-55), end: at(-52.3) };
const LATE = { start: at(-44), end: at(-42) };
const isReplay = asked.has("replay");
const OFF = { start: at(-6), end: at(600) };
const STALE_FROM = at(6);
const US = 1_000_000;

const soon = <T>(value: T): Promise<T> => new Promise((done) => window.setTimeout(() => done(value), 60));

const now_s = (): number => (Date.now() - begun_ms) / 1000 - BEFORE_S;
const newest = (): number => Math.min(at(now_s()), asked.has("ended") || isReplay ? at(0) : Infinity);
const hasGap = asked.has("gap") || asked.has("late");
const isGap = (sample: number): boolean => hasGap && sample >= GAP.start && sample < GAP.end;
const isHole = (sample: number): boolean => isReplay && sample >= HOLE.start && sample < HOLE.end;
const isLate = (sample: number): boolean => isReplay && sample >= LATE.start && sample < LATE.end;
/** The ECG began five seconds after the recording. */
export const replayClocks: RecordedClocks =
  isReplay || asked.has("foreign")
    ? {
        pictures: [{ offset_ms: 100, identity: "chenzhiyuan", way_us: 20_000, is_with_patient: true }],
        ecgs: [
          { offset_ms: 0, ecg: asked.has("foreign") ? "ec_foreign" : "ec_1", gateway_us: (begun_ms - 5000) * 1000 },
        ],
      }
    : { pictures: [], ecgs: [] };
const isFilled = (): boolean => asked.has("late") && now_s() > GAP_FILLED_S;

function frameAt(first: number): Uint8Array {
  const rows = Array.from({ length: FRAME }, (_, i) => heartAt((first + i) / RATE_HZ));
  const samples = Int32Array.from({ length: FRAME * HEART_LEADS.length }, (_, i) =>
    Math.round((rows[i % FRAME]?.[Math.floor(i / FRAME)] ?? 0) / STEP_MV),
  );
  const flags =
    (isGap(first) || isLate(first) ? FrameFlag.Late : 0) | (asked.has("simulated") ? FrameFlag.Simulated : 0);
  const leadOff = asked.has("off") && first >= OFF.start && first < OFF.end ? 1 << HEART_LEADS.indexOf("V3") : 0;
  const takenUs = begun_ms * 1000 + Math.round((first * US) / RATE_HZ);
  return frameBytes({
    stream: 1,
    epoch: 0,
    firstSample: first,
    takenUs,
    count: FRAME,
    leads: HEART_LEADS.length,
    leadOff,
    flags,
    samples,
  });
}

function ecgSent(): Record<string, unknown> {
  const state = asked.has("waiting") ? "waiting" : asked.has("ended") || isReplay ? "ended" : "recording";
  const missing = hasGap && !isFilled() && now_s() > 3 ? 2700 : 0;
  return {
    id: "ec_1",
    serial: "E-20261109-0007",
    state,
    is_complete: state === "ended" && !asked.has("away"),
    missing_ms: missing,
    patient: { id: "pa_张德福", name: "张德福", sex: "male", birth_year: 1965 },
    case: "ca_1",
    institution_name: "青溪镇中心卫生院",
    device: "dv_3",
    device_name: "心电采集盒 12",
    source: asked.has("simulated") ? "simulator" : asked.has("import") ? "import" : "device",
    is_simulated: asked.has("simulated"),
    is_diagnostic: RATE_HZ >= 500,
    descriptor: asked.has("waiting")
      ? null
      : {
          rate_hz: RATE_HZ,
          resolution_nv: STEP_MV * 1_000_000,
          leads: HEART_LEADS,
          band_low_mhz: 50,
          band_high_hz: 150,
          notch_hz: 0,
          model: "Box 12",
        },
    urgency: "urgent",
    started_at_ms: begun_ms,
    ended_at_ms: asked.has("ended") ? begun_ms + BEFORE_S * 1000 : 0,
    duration_ms: Math.round((newest() / RATE_HZ) * 1000),
    epochs: asked.has("waiting") ? [] : [{ epoch: 0, first: 0, end: newest(), first_taken_us: begun_ms * 1000 }],
    gap_count: missing > 0 ? 1 : 0,
    late_ms: isFilled() ? 2700 : 0,
    report: null,
    critical: null,
    missing: missing > 0 ? [{ epoch: 0, first: GAP.start, end: GAP.end, from_us: (begun_ms + 84_000) * 1000 }] : [],
    is_end_known: false,
    give_up_from_ms: asked.has("away") && !asked.has("given") ? begun_ms : 0,
    given_up: asked.has("given")
      ? { at_ms: Date.now(), by: "pe_1", by_name: "王敏", reason: "心电盒烧坏", missing_ms: missing }
      : null,
    allowed: asked.has("away") ? ["report", "give_up"] : state === "ended" ? ["report"] : ["stop", "report"],
  };
}

function ecgNow(): Ecg {
  const one = ecgFrom(ecgSent());
  if (one === null) throw new Error("the mock's ECG cannot be read");
  return one;
}

function have(): Record<string, number[][]> {
  const end = newest();
  if (!hasGap || end <= GAP.start || isFilled()) return { "0": [[0, end]] };
  return { "0": end > GAP.end ? [[0, GAP.start], [GAP.end, end]] : [[0, GAP.start]] }; // prettier-ignore
}

class MockLive implements LiveEcg {
  readonly watch = new Watch();
  readonly #listeners = new Set<(received: readonly Received[]) => void>();
  readonly #timers: number[];
  #sent: number;
  #isFilled = false;

  constructor() {
    this.#say({ type: "ecg", ecg: ecgSent(), have: have(), server_us: Date.now() * 1000 });
    this.#sent = Math.max(0, at(now_s() - 60));
    this.#timers = [window.setInterval(() => this.#send(), 40), window.setInterval(() => this.#tellMore(), 1000)];
    window.setTimeout(() => this.#pointAsOther(), 2500);
  }

  link(): EcgLink {
    return "open";
  }

  subscribe(onChange: (received: readonly Received[]) => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  point(pointer: PointerMessage, isKept: boolean): void {
    console.info("pointed", JSON.stringify(pointer), isKept);
  }

  hearRoom(): () => void {
    return () => undefined;
  }

  close(): void {
    this.#timers.forEach((timer) => window.clearInterval(timer));
  }

  #say(message: object): void {
    this.watch.receiveText(JSON.stringify(message), performance.now());
    for (const listener of this.#listeners) listener([]);
  }

  #take(first: number): void {
    const received = this.watch.receiveFrames(frameAt(first), performance.now());
    for (const listener of this.#listeners) listener(received);
  }

  #send(): void {
    if (asked.has("waiting")) return;
    const until = Math.min(newest(), asked.has("stale") || asked.has("lost") ? STALE_FROM : Infinity);
    for (; this.#sent < until; this.#sent += FRAME) if (!isGap(this.#sent)) this.#take(this.#sent);
    if (isFilled() && !this.#isFilled) {
      this.#isFilled = true;
      for (let first = GAP.start; first < GAP.end; first += FRAME) this.#take(first);
    }
  }

  #tellMore(): void {
    this.#say({ type: "have", have: have() });
    const t_us = Date.now() * 1000;
    const hr = { t_us, code: "hr", value: 83, unit: "/min", validity: "valid", source: "counted" };
    const isGone = (asked.has("stale") || asked.has("lost")) && newest() > STALE_FROM;
    if (!isGone && !asked.has("waiting")) this.#say({ type: "vitals", values: [hr] });
    const old_us = (begun_ms + 20_000) * 1000;
    const by = (code: string, value: number, unit: string): object => ({
      t_us: old_us,
      code,
      value,
      unit,
      validity: "valid",
      source: "device",
    });
    this.#say({
      type: "vitals",
      values: [
        by("nibp_sys", 148, "mmHg"),
        by("nibp_dia", 92, "mmHg"),
        by("temp", 36.6, "℃"),
        { ...by("spo2", 96, "%"), t_us },
      ],
    });
    if (asked.has("lost") && now_s() > 6)
      this.#say({ type: "lost", since_us: (begun_ms + (BEFORE_S + 6) * 1000) * 1000 });
    this.#say({ type: "state", ecg: ecgSent() });
  }

  #pointAsOther(): void {
    if (!asked.has("pointed")) return;
    const sample = newest() - Math.round(2 * RATE_HZ);
    const points = [
      { sample, mv: 0 },
      { sample: sample + Math.round(0.248 * RATE_HZ), mv: 0.4 },
    ];
    this.#say({ type: "pointed", by: "pe_li", name: "李建平", show: "caliper", lead: "V3", epoch: 0, points });
  }
}

export class MockEcgs implements Ecgs {
  gateways(): ReturnType<Ecgs["gateways"]> {
    const box = {
      device: "dv_3",
      name: "心电采集盒 12",
      model: "Box 12",
      source: "device",
      rate_hz: RATE_HZ,
      leads: 12,
    };
    return soon(asked.has("none") ? [] : [{ ...box, is_connected: !asked.has("away") }]);
  }

  start(): Promise<Ecg> {
    return asked.has("refused")
      ? Promise.reject(new ApiFailure(409, "gateway_away", "心电盒没有连上，请检查电源和网线", {}))
      : soon(ecgNow());
  }

  stop(): Promise<Ecg> {
    asked.add("ended");
    return soon(ecgNow());
  }

  giveUp(): Promise<Ecg> {
    asked.add("given");
    return soon(ecgNow());
  }

  ofCase(id: string): Promise<Ecg[]> {
    return soon(id === "ca_1" && !asked.has("none") ? [ecgNow()] : []);
  }

  list(): Promise<Ecg[]> {
    return soon([ecgNow()]);
  }

  get(id: string): Promise<Ecg> {
    return id === "ec_foreign" ? Promise.reject(new ApiFailure(404, "not_found", null, {})) : soon(ecgNow());
  }

  frames(_id: string, _epoch: number, start: number, end: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (let first = Math.floor(start / FRAME) * FRAME; first < Math.min(end, newest()); first += FRAME)
      if ((!isGap(first) || isFilled()) && !isHole(first)) pieces.push(frameAt(first));
    return soon(Uint8Array.from(pieces.flatMap((piece) => [...piece])));
  }

  stretches(): ReturnType<Ecgs["stretches"]> {
    const stored = [[0, HOLE.start] as const, [HOLE.end, newest()] as const];
    return soon([{ epoch: 0, stored, late: [[LATE.start, LATE.end] as const] }]);
  }

  vitals(): ReturnType<Ecgs["vitals"]> {
    return soon([]);
  }

  stated(): ReturnType<Ecgs["stated"]> {
    const source = "DICOM Mortara Instrument, Inc. el250";
    const numbers = [
      { name: "PR Interval", value: "161", unit: "ms", source },
      { name: "QRS Duration", value: "75", unit: "ms", source },
      { name: "QT Interval", value: "368", unit: "ms", source },
      { name: "QTc Interval", value: "370", unit: "ms", source },
      { name: "QRS Axis", value: "52", unit: "deg", source },
    ];
    const sentences = [{ text: "RITMO SINUSALE", source }];
    return soon(asked.has("import") ? { numbers, sentences } : { numbers: [], sentences: [] });
  }

  bring(): Promise<Ecg> {
    return asked.has("refused")
      ? Promise.reject(new ApiFailure(422, "ecg_file_checksum_wrong", "心电文件的校验和不对，文件可能已损坏", {}))
      : soon(ecgNow());
  }

  export(_id: string, format: string): ReturnType<Ecgs["export"]> {
    return asked.has("refused")
      ? Promise.reject(new ApiFailure(422, "ecg_export_rate", "这种格式存不了这个采样率；请改用 WFDB", {}))
      : soon({ name: `ecg.${format}`, content: new Blob(["…"]) });
  }

  open(): Promise<LiveEcg> {
    return soon(new MockLive());
  }
}
