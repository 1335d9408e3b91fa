// Runs the kiosk's self-test: opens camera and microphone, plays the tone, asks the service, compares the clocks.

import { ApiFailure } from "../protocol/api";
import { clockResult, deviceResult, type Part, type PartResult, type SelfTest } from "../protocol/selftest";
import type { Backend, Devices } from "./ports";
import type { KioskDesk } from "./kiosk_ports";

/** As long as somebody needs to say a word, and a camera to send its first pictures. */
const LISTEN_MS = 2500;

const pause = (length_ms: number): Promise<void> => new Promise((done) => window.setTimeout(done, length_ms));

/** Whether pictures come: a camera with a closed driver opens and sends nothing. */
async function sendsPictures(stream: MediaStream): Promise<boolean> {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  try {
    await Promise.race([video.play(), pause(LISTEN_MS)]);
    await Promise.race([new Promise((done) => (video.ontimeupdate = done)), pause(LISTEN_MS)]);
    return video.videoWidth > 0 && video.currentTime > 0;
  } catch {
    return false;
  } finally {
    video.srcObject = null;
  }
}

/** Whether anything comes: a microphone that is unplugged inside sends zeros, and a quiet room never does. */
async function sendsSound(stream: MediaStream, onBars: (bars: number) => void, devices: Devices): Promise<boolean> {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const stop = devices.watchLevel(stream, onBars);
  const samples = new Float32Array(analyser.fftSize);
  try {
    for (let waited_ms = 0; waited_ms < LISTEN_MS; waited_ms += 100) {
      await pause(100);
      analyser.getFloatTimeDomainData(samples);
      if (samples.some((sample) => sample !== 0)) return true;
    }
    // A page that nobody has touched may not listen (autoplay policy): then nothing is known against it.
    return context.state !== "running" && stream.getAudioTracks().some((track) => track.readyState === "live");
  } finally {
    stop();
    void context.close();
  }
}

async function tryDevice(
  isThere: boolean,
  open: () => Promise<{ stream: MediaStream | null }>,
  look: (stream: MediaStream) => Promise<boolean>,
): Promise<PartResult> {
  if (!isThere) return deviceResult({ isThere, hasOpened: false, isLive: false });
  const { stream } = await open();
  try {
    return deviceResult({ isThere, hasOpened: stream !== null, isLive: stream !== null && (await look(stream)) });
  } finally {
    for (const track of stream?.getTracks() ?? []) track.stop();
  }
}

export interface SelfTestNews {
  onPart: (part: Part, result: PartResult) => void;
  onBars: (bars: number) => void;
}

/** Does all five parts, says each as it is done, and returns them. Rejects with nothing. */
export async function runSelfTest(
  world: { devices: Devices; backend: Backend; desk: KioskDesk },
  news: SelfTestNews,
): Promise<SelfTest> {
  const { devices, backend, desk } = world;
  const list = await devices.list().catch(() => []);
  const has = (kind: MediaDeviceKind): boolean => list.some((one) => one.kind === kind);
  const said = (part: Part, result: PartResult): PartResult => {
    news.onPart(part, result);
    return result;
  };
  const camera = said("camera", await tryDevice(has("videoinput"), () => devices.openCamera(null), sendsPictures));
  const microphone = said(
    "microphone",
    await tryDevice(
      has("audioinput"),
      () => devices.openMicrophone(null),
      (stream) => sendsSound(stream, news.onBars, devices),
    ),
  );
  const played = await devices.playTone(null).then(
    () => true,
    () => false,
  );
  const speaker = said("speaker", deviceResult({ isThere: has("audiooutput"), hasOpened: played, isLive: played }));
  const isReached = await backend.roundTrip().then(
    () => true,
    (error: unknown) => error instanceof ApiFailure && !error.isOffline,
  );
  const network = said("network", isReached ? "ok" : "failed");
  const clock_offset_ms = await desk.lastSelfTest().then(
    (answer) => (Number.isFinite(answer.clock_offset_ms) ? answer.clock_offset_ms : null),
    () => null,
  );
  const clock = said("clock", clockResult(clock_offset_ms));
  return { results: { camera, microphone, speaker, network, clock }, clock_offset_ms };
}
