// A room of drawn people, in the state that the address asks for.

import type { Meeting } from "../src/io/ports";
import type { Level } from "../src/protocol/ladder";
import type { EnterChoices, MeetingView, Person, Picture } from "../src/protocol/meeting";
import type { EcgReport, TruthReport } from "../src/protocol/truth";
import { drawnPerson } from "./people";

const GOOD: TruthReport = {
  hear: { state: "good", lost_percent: 0, silent: 0 },
  see: { state: "good", height: 720, fps: 25, stopped: 0 },
  page: "front",
};
const SMALL: TruthReport = { ...GOOD, see: { state: "degraded", height: 240, fps: 12, stopped: 0 }, page: "hidden" };
const ONE_STOPPED: TruthReport = { ...GOOD, see: { state: "degraded", height: 720, fps: 25, stopped: 1 } };
const PAUSED: TruthReport = {
  hear: { state: "degraded", lost_percent: 9, silent: 0 },
  see: { state: "none", height: 0, fps: 0, stopped: 2 },
  page: "front",
};

const picture = (key: string, isMirror = false): Picture => ({
  key,
  state: "live",
  is_held: false,
  stopped_ms: 0,
  is_mirror: isMirror,
});

function person(identity: string, name: string, place: string, more: Partial<Person> = {}): Person {
  return {
    identity,
    name,
    place,
    is_self: false,
    is_speaking: false,
    is_muted: false,
    camera: picture(identity),
    screen: null,
    quality: "good",
    report: GOOD,
    report_age_ms: 300,
    ...more,
  };
}

export class MockMeeting implements Meeting {
  readonly #state: string;
  readonly #streams = new Map<string, MediaStream>();
  readonly #listeners = new Set<() => void>();
  #view: MeetingView;

  constructor(state: string, room: string, choices: EnterChoices) {
    this.#state = state;
    const on = { is_on: true, is_busy: false, problem: null };
    this.#view = {
      room,
      link: "connecting",
      step: "media",
      tries: 0,
      ending: null,
      entered_at_ms: null,
      people: [],
      is_recording: !["two", "notrecording", "norec"].includes(state),
      is_sound_blocked: state === "blocked",
      microphone: { ...on, is_on: choices.with_microphone, problem: state === "nomic" ? "busy" : null },
      camera: { ...on, is_on: choices.with_camera },
      screen: { ...on, is_on: false },
      level: 0,
      worst: null,
    };
  }

  view(): MeetingView {
    return this.#view;
  }

  subscribe(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  prepare(): void {
    // Nothing is opened: the pictures are painted.
  }

  enter(): Promise<void> {
    if (this.#state === "connecting") return Promise.resolve();
    const ending = (
      ["removed", "elsewhere", "room_closed", "link_lost", "not_admitted", "server_stopped"] as const
    ).find((one) => one === this.#state);
    if (ending !== undefined) {
      this.#set({ link: "ended", ending });
      return Promise.resolve();
    }
    const isL3 = this.#state === "l3";
    const chen = person("chenzhiyuan", "陈志远", "县医院 呼吸科", {
      is_speaking: true,
      report: isL3 ? ONE_STOPPED : GOOD,
    });
    const li = person("lijianping", "李建平", "青溪镇卫生院", {
      report: isL3 ? PAUSED : SMALL,
      quality: isL3 ? "poor" : "good",
      is_muted: !isL3,
      ...(isL3 ? { camera: { ...picture("lijianping"), state: "stopped", is_held: true, stopped_ms: 12_000 } } : {}),
    });
    const me = person("zhoulan", "周岚", "石桥卫生院", {
      is_self: true,
      camera: picture("zhoulan", true),
      report: isL3 ? ONE_STOPPED : GOOD,
      report_age_ms: 0,
    });
    const wang = person("wangmin", "王敏", "县医院 心内科", {
      camera: null,
      report: this.#state === "stale" ? GOOD : null,
      report_age_ms: 12_000,
    });
    const people =
      this.#state === "alone"
        ? [me]
        : this.#state === "two"
          ? [chen, me]
          : ["four", "stale"].includes(this.#state)
            ? [chen, li, wang, me]
            : [chen, li, me];
    const level = ({ l1: 1, l2: 2, l3: 3, l4: 4, l5: 5 } as const)[this.#state] ?? (0 as Level);
    this.#set({
      link: level === 5 ? "reconnecting" : "connected",
      tries: level === 5 ? 2 : 0,
      entered_at_ms: Date.now() - 728_000,
      people,
      level,
      worst: level === 0 || level === 5 ? null : li,
    });
    if (this.#state === "recstart") window.setTimeout(() => this.#set({ is_recording: false }), 100);
    if (this.#state === "recstart") window.setTimeout(() => this.#set({ is_recording: true }), 300);
    return Promise.resolve();
  }

  tell(): Promise<void> {
    return Promise.resolve();
  }

  onTold(): () => void {
    return () => undefined;
  }

  onSent(): () => void {
    return () => undefined;
  }

  ownCamera(): MediaStreamTrack | null {
    return null;
  }

  leave(): Promise<void> {
    return Promise.resolve();
  }

  setMicrophone(isOn: boolean): Promise<void> {
    this.#set({ microphone: { ...this.#view.microphone, is_on: isOn } });
    return Promise.resolve();
  }

  setCamera(isOn: boolean): Promise<void> {
    this.#set({ camera: { ...this.#view.camera, is_on: isOn } });
    return Promise.resolve();
  }

  setScreen(isOn: boolean): Promise<void> {
    this.#set({ screen: { ...this.#view.screen, is_on: isOn } });
    return Promise.resolve();
  }

  useDevice(): Promise<void> {
    return Promise.resolve();
  }

  deviceInUse(): string | null {
    return null;
  }

  allowSound(): Promise<void> {
    this.#set({ is_sound_blocked: false });
    return Promise.resolve();
  }

  show(pictureKey: string, element: HTMLVideoElement): () => void {
    const order = ["chenzhiyuan", "zhoulan", "x", "lijianping"];
    const stream = this.#streams.get(pictureKey) ?? drawnPerson(Math.max(0, order.indexOf(pictureKey)));
    this.#streams.set(pictureKey, stream);
    element.srcObject = stream;
    return () => {
      element.srcObject = null;
    };
  }

  shownFrames(): readonly [] {
    return [];
  }

  setEcg(seen: EcgReport | null): void {
    const people = this.#view.people.map((one) =>
      one.is_self && one.report !== null && seen !== null ? { ...one, report: { ...one.report, ecg: seen } } : one,
    );
    this.#view = { ...this.#view, people };
    for (const listener of this.#listeners) listener();
  }

  setStage(): void {
    // The truth panel of the mock is drawn, not measured.
  }

  #set(change: Partial<MeetingView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}
