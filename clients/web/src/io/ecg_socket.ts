// The viewer's socket of one ECG, opened again after every break for as long as somebody looks.

import type { PointerMessage } from "../ecg/pointer";
import { PointQueue } from "../ecg/point_queue";
import { RoomLane } from "../ecg/room_lane";
import { Watch, type Received } from "../ecg/watch";
import { waitBeforeTry } from "../protocol/reconnect";
import type { EcgLink, HearFrames, LiveEcg } from "./ecg_ports";

/** The service takes ten a second; the last place is always sent. */
const POINT_EVERY_MS = 100;
/** What is missing here and there is asked for this often: frames that come late come by the socket too. */
const ASK_EVERY_MS = 2000;
/** With the ECG's id behind it (signaling/ecg/room_frames.py). */
const ROOM_TOPIC = "lianzhen.ecg.frames/";
/** The service sends by the room for as long as it is told what arrives there. */
const TELL_LANE_EVERY_MS = 1000;
/** The service says something every three seconds (signaling/ecg/viewers.py): one that does not is not there, and a
 * connection that broke without a word would else be noticed after minutes. After each try in vain it has longer. */
const SILENT_AFTER_MS = 6000;
const MOST_PATIENCE = 5;
const LISTEN_EVERY_MS = 1000;
/** The service gives no more in one answer. */
const MOST_ASKED_S = 60;

export type AskFrames = (epoch: number, start: number, end: number) => Promise<Uint8Array>;

export class EcgSocket implements LiveEcg {
  readonly watch = new Watch();
  readonly #id: string;
  readonly #ask: AskFrames;
  readonly #listeners = new Set<(received: readonly Received[]) => void>();
  readonly #asking: number;
  readonly #listening: number;
  #socket: WebSocket | null = null;
  #link: EcgLink = "opening";
  #retry: number | undefined;
  #tried = 0;
  #heard_ms = 0;
  #isAsking = false;
  #isWanted = true;
  readonly #pointing = new PointQueue();
  #shown: PointerMessage | null = null;
  #pointTimer: number | undefined;

  constructor(id: string, ask: AskFrames) {
    this.#id = id;
    this.#ask = ask;
    this.#open();
    this.#asking = window.setInterval(() => void this.#fill(), ASK_EVERY_MS);
    this.#listening = window.setInterval(() => this.#listen(), LISTEN_EVERY_MS);
  }

  link(): EcgLink {
    return this.#link;
  }

  subscribe(onChange: (received: readonly Received[]) => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  point(pointer: PointerMessage, isKept: boolean): void {
    this.#pointing.put({ pointer, is_kept: isKept });
    this.#shown = pointer.show === "nothing" ? null : pointer;
    this.#pointTimer ??= window.setTimeout(() => this.#sendPoint(), POINT_EVERY_MS);
  }

  hearRoom(onFrames: HearFrames): () => void {
    const lane = new RoomLane();
    const tell = (): void => {
      if (this.#socket?.readyState === WebSocket.OPEN)
        this.#socket.send(JSON.stringify({ type: "lane", ...lane.report() }));
    };
    const telling = window.setInterval(tell, TELL_LANE_EVERY_MS);
    const stop = onFrames(ROOM_TOPIC + this.#id, (content) => {
      const message = this.watch.receiveMessage(content, performance.now());
      if (message === null) return;
      lane.receive(message.newest);
      this.#tell(message.received);
    });
    return () => {
      window.clearInterval(telling);
      stop();
    };
  }

  close(): void {
    this.#isWanted = false;
    window.clearTimeout(this.#retry);
    window.clearTimeout(this.#pointTimer);
    window.clearInterval(this.#asking);
    window.clearInterval(this.#listening);
    this.#leave();
    this.#socket?.close();
    this.#listeners.clear();
  }

  #open(): void {
    const url = new URL(`/api/v1/ecgs/${encodeURIComponent(this.#id)}/live`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#heard_ms = performance.now();
    socket.onopen = () => {
      this.#become("open");
      // To the others a connection that was gone for a while has taken its caliper along.
      if (this.#shown?.show === "caliper" && this.#pointing.isEmpty)
        this.#pointing.put({ pointer: this.#shown, is_kept: false });
      this.#sendPoint();
    };
    socket.onmessage = (message: MessageEvent<unknown>) => {
      this.#tried = 0;
      const now_ms = performance.now();
      this.#heard_ms = now_ms;
      if (typeof message.data === "string") {
        this.watch.receiveText(message.data, now_ms);
        this.#tell([]);
      } else if (message.data instanceof ArrayBuffer) {
        this.#tell(this.watch.receiveFrames(new Uint8Array(message.data), now_ms));
      }
    };
    socket.onclose = () => this.#broke();
  }

  #broke(): void {
    this.#socket = null;
    if (!this.#isWanted) return;
    this.#become("lost");
    // For as long as somebody looks: elapsed time is not counted.
    this.#retry = window.setTimeout(() => this.#open(), waitBeforeTry((this.#tried += 1), 0) ?? 0);
  }

  #listen(): void {
    const silent = this.#socket;
    const patience_ms = SILENT_AFTER_MS * Math.min(MOST_PATIENCE, 1 + this.#tried);
    if (silent === null || performance.now() - this.#heard_ms <= patience_ms) return;
    // Its goodbye takes as long as its silence: nothing is awaited of it any more.
    silent.onopen = silent.onmessage = silent.onclose = null;
    silent.close();
    this.#broke();
  }

  #become(link: EcgLink): void {
    this.#link = link;
    this.#tell([]);
  }

  #tell(received: readonly Received[]): void {
    for (const listener of this.#listeners) listener(received);
  }

  /** Says what is still to be kept, and takes away what the others see of this page. */
  #leave(): void {
    if (this.#shown !== null) this.#pointing.put({ pointer: { show: "nothing" }, is_kept: false });
    while (!this.#pointing.isEmpty && this.#socket?.readyState === WebSocket.OPEN) this.#sendPoint();
    window.clearTimeout(this.#pointTimer);
  }

  /** One each time; what waits while the socket is away is sent when it is open again. */
  #sendPoint(): void {
    window.clearTimeout(this.#pointTimer);
    this.#pointTimer = undefined;
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const said = this.#pointing.take();
    if (said === null) return;
    this.#socket.send(JSON.stringify({ type: "point", ...said.pointer, is_kept: said.is_kept }));
    if (!this.#pointing.isEmpty) this.#pointTimer = window.setTimeout(() => this.#sendPoint(), POINT_EVERY_MS);
  }

  async #fill(): Promise<void> {
    if (this.#isAsking || this.#link !== "open") return;
    const rateHz = this.watch.running?.shape.rateHz;
    const wanted = rateHz === undefined ? null : this.watch.wanted(MOST_ASKED_S * rateHz);
    if (wanted === null) return;
    this.#isAsking = true;
    try {
      const content = await this.#ask(wanted.epoch, wanted.start, wanted.end);
      if (this.#isWanted) this.#tell(this.watch.receiveFrames(content, performance.now()));
    } catch {
      // The hole stays shown, and is asked for again.
    } finally {
      this.#isAsking = false;
    }
  }
}
