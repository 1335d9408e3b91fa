// The ECG's drawing without its pane: frames come from a test, and the test reads the pixels.

import { decodeFrames } from "../src/ecg/frame";
import { StoredPage } from "../src/ecg/stored_page";
import { Watch } from "../src/ecg/watch";
import type { LayoutName } from "../src/ecg/layout";
import { EcgCanvas } from "../src/ui/ecg/ecg_canvas";
import { markWords } from "../src/ui/ecg/ecg_words";
import { ecgFrom, type Ecg } from "../src/protocol/ecg";
import { speaker } from "../src/messages/speak";
import { ZH_CN } from "../src/messages/zh_cn";
import "../src/ui/tokens.css";
import "../src/ui/ecg/ecg.css";

const FRAME_MS = 40;
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

const pane = document.getElementById("pane");
if (pane === null) throw new Error("no #pane");
const look = (layout: LayoutName, pxPerMm: number) => ({
  layout,
  scale: { pxPerMm, speed_mm_s: 25, gain_mm_mv: 10 } as const,
  choice: { band: "diagnostic", notch_hz: 0 } as const,
  words: markWords(speaker(ZH_CN)),
  theme: "light",
});
const canvas = new EcgCanvas(pane, look("12x1", 4));

function read(sent: object): Ecg {
  const ecg = ecgFrom(sent);
  if (ecg?.descriptor == null) throw new Error("the test's ECG cannot be read");
  return ecg;
}

/** Draws samples `start` to `end` as a page of the record. */
function drawPage(sent: object, frames: string, start: number, end: number, layout: LayoutName, pxPerMm: number): void {
  const { descriptor, epochs } = read(sent);
  if (descriptor === null) return;
  const shape = { epoch: 0, rateHz: descriptor.rate_hz, leads: descriptor.leads.length };
  const page = new StoredPage(shape, start, end, decodeFrames(bytesOf(frames)));
  canvas.setLook(look(layout, pxPerMm));
  const startUs = epochs[0]?.first_taken_us ?? 0;
  canvas.setSubject({ kind: "page", page, start, startUs, isSimulated: false, isFinal: false }, descriptor);
}

/** Draws live: the first frames at once, then one each 40 ms, as a gateway sends them. */
function drawLive(sent: object, frames: readonly string[], atOnce: number, layout: LayoutName, pxPerMm: number): void {
  const ecg = read(sent);
  const watch = new Watch();
  watch.receiveEcg(ecg);
  const take = (number: number): void => {
    const content = frames[number];
    if (content === undefined) return;
    for (const { epoch, added } of watch.receiveFrames(bytesOf(content), performance.now()))
      for (const span of added) canvas.receive(epoch, span.start);
  };
  for (let number = 0; number < atOnce; number += 1) take(number);
  canvas.setLook(look(layout, pxPerMm));
  canvas.setSubject({ kind: "live", watch, isFrozen: false }, ecg.descriptor);
  const begun_ms = performance.now();
  let taken = 0;
  const timer = window.setInterval(() => {
    const due = Math.floor((performance.now() - begun_ms) / FRAME_MS);
    for (; taken < due; taken += 1) take(atOnce + taken);
    if (atOnce + taken >= frames.length) window.clearInterval(timer);
  }, FRAME_MS / 2);
}

/** When each picture was drawn, for so long. */
function pictures(for_ms: number): Promise<number[]> {
  return new Promise((done) => {
    const times: number[] = [];
    const note = (now_ms: number): void => {
      times.push(now_ms);
      if (now_ms - (times[0] ?? now_ms) >= for_ms) done(times);
      else requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
}

/** The opacity, 0 to 255, of each pixel of a layer's rectangle, row after row; pixels of the glass. */
function alphaOf(layer: string, x: number, y: number, width: number, height: number): number[] {
  const pen = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (pen === null) throw new Error("nothing can be read");
  for (const slice of document.querySelectorAll<HTMLCanvasElement>(`[data-layer=${layer}] canvas`)) {
    const left = Math.round(parseFloat(slice.style.left) * window.devicePixelRatio);
    if (left < x + width && left + slice.width > x) pen.drawImage(slice, left - x, -y);
  }
  return [...pen.getImageData(0, 0, width, height).data].filter((_, i) => i % 4 === 3);
}

Object.assign(window, { drawPage, drawLive, pictures, alphaOf, shown: () => canvas.shown });
document.documentElement.dataset["ready"] = "yes";
