// Devices that are always there, or always refused (?state=refused), missing (nodevices) or insecure.

import type { Devices, Opened } from "../src/io/ports";
import type { DeviceProblem } from "../src/protocol/devices";
import { drawnPerson } from "./people";

const PROBLEMS: Readonly<Record<string, DeviceProblem>> = {
  refused: "refused",
  nodevices: "missing",
  insecure: "insecure",
};

const device = (kind: MediaDeviceKind, deviceId: string, label: string): MediaDeviceInfo => ({
  kind,
  deviceId,
  label,
  groupId: "",
  toJSON: () => ({}),
});

export class MockDevices implements Devices {
  readonly #problem: DeviceProblem | null;

  constructor(state: string) {
    this.#problem = PROBLEMS[state] ?? null;
  }

  isAvailable(): boolean {
    return this.#problem !== "insecure";
  }

  list(): Promise<MediaDeviceInfo[]> {
    if (this.#problem === "missing" || this.#problem === "insecure") return Promise.resolve([]);
    return Promise.resolve([
      device("videoinput", "c1", "内置摄像头 720p"),
      device("videoinput", "c2", "USB 摄像头"),
      device("audioinput", "m1", "USB 耳机麦克风"),
      device("audiooutput", "s1", "USB 耳机"),
    ]);
  }

  onChange(): () => void {
    return () => undefined;
  }

  openCamera(): Promise<Opened> {
    const { problem } = { problem: this.#problem };
    return Promise.resolve({ stream: problem === null ? drawnPerson(1) : null, problem });
  }

  openMicrophone(): Promise<Opened> {
    const stream = this.#problem === null ? new MediaStream() : null;
    return Promise.resolve({ stream, problem: this.#problem });
  }

  watchLevel(_stream: MediaStream, onBars: (bars: number) => void): () => void {
    const timer = window.setInterval(() => onBars(4 + Math.round(Math.random() * 2)), 200);
    return () => window.clearInterval(timer);
  }

  canChooseSpeaker(): boolean {
    return true;
  }

  playTone(): Promise<void> {
    return new Promise((done) => window.setTimeout(done, 600));
  }
}
