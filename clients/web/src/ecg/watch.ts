// What a viewer knows of one ECG, from what its socket brings: texts and frames go in, states are read out.
//
// A socket that broke begins with everything again; what is here already changes nothing. Frames that cannot be read
// are counted and left out: the service keeps what it has, and the hole they leave is shown.

import { viewerMessageFrom, type Ecg, type EcgDescriptor, type Inventory, type ViewerMessage } from "../protocol/ecg";
import { Epochs } from "./epochs";
import { decodeFrames, decodeMessage, MalformedFrame, type Frame } from "./frame";
import { Anchors } from "./picture";
import { pointerFrom, type PointerMessage } from "./pointer";
import { railOf, type EpochKnown, type RailPiece } from "./rail";
import type { Samples } from "./samples";
import { Spans, type Span } from "./spans";
import { Vitals } from "./vitals";

/** What is lost and comes again within this time was never missing to an eye; a gap is to be shown within a second. */
export const GAP_HOLD_MS = 500;
/** People in one case, and some who look on: more is no room. */
const MOST_POINTERS = 32;
/** Who points takes it back after 6 s, unless the page that points is gone by then. */
export const POINTER_LIFE_MS = 10_000;
const US_PER_MS = 1000;
const MS_PER_S = 1000;

/** Who points, and where. */
export interface PointedBy {
  readonly by: string;
  readonly name: string;
  readonly pointer: PointerMessage;
}

/** What a message changed: the samples that are new, and those that came into what was there before. */
export interface Received {
  readonly epoch: number;
  readonly added: readonly Span[];
}

export class Watch {
  readonly epochs = new Epochs(GAP_HOLD_MS);
  readonly vitals = new Vitals();
  /** Of the pictures that are shown beside it. */
  readonly anchors = new Anchors();
  private told: Ecg | null = null;
  private stored: Inventory = new Map();
  private pointers = new Map<string, PointedBy & { readonly came_ms: number }>();
  private lostUs: number | null = null;
  /** Server time minus the page's, ms. */
  private serverAhead_ms: number | null = null;
  private unreadable = 0;
  private newBySocket = 0;
  private newByRoom = 0;
  private hasDiffered = false;

  /** Null before the first message. */
  get ecg(): Ecg | null {
    return this.told;
  }

  /** What the service has. */
  get have(): Inventory {
    return this.stored;
  }

  /** Since when the gateway is gone, on the server's clock; null while it is there. */
  get lostSinceUs(): number | null {
    return this.lostUs;
  }

  /** Those who point at something now; a caliper stands until it is taken away. */
  pointed(now_ms: number): readonly PointedBy[] {
    return [...this.pointers.values()].filter(
      ({ pointer: { show }, came_ms }) =>
        show === "caliper" || (show === "pointer" && now_ms - came_ms < POINTER_LIFE_MS),
    );
  }

  /** Frames that could not be read or belong to no known epoch. */
  get refusedFrames(): number {
    return this.unreadable;
  }

  /** How many frames each way brought that were not here yet. */
  get firstBy(): { readonly socket: number; readonly room: number } {
    return { socket: this.newBySocket, room: this.newByRoom };
  }

  /** Two devices sent under one name: samples that were here came again with other values. */
  get differs(): boolean {
    return this.hasDiffered;
  }

  get running(): Samples | null {
    return this.epochs.running;
  }

  /** Takes what a request answered: the ECG as it stands, before or between what the socket says. */
  receiveEcg(ecg: Ecg): void {
    this.told = ecg;
    if (ecg.descriptor === null) return;
    for (const { epoch } of ecg.epochs) this.describe(epoch, ecg.descriptor);
  }

  /** Takes a text; returns what it said, null where that is nothing this page knows. */
  receiveText(text: string, now_ms: number): ViewerMessage | null {
    const message = viewerMessageFrom(text);
    if (message === null) return null;
    switch (message.type) {
      case "ecg":
        this.receiveEcg(message.ecg);
        this.stored = message.have;
        if (message.server_us !== null) this.serverAhead_ms = message.server_us / US_PER_MS - now_ms;
        // What was said before the socket broke may have been taken back meanwhile; it is said anew.
        this.lostUs = null;
        this.pointers.clear();
        break;
      case "state":
        this.receiveEcg(message.ecg);
        break;
      case "have":
        this.stored = message.have;
        break;
      case "vitals":
        this.vitals.receive(message.values);
        break;
      case "lost":
        this.lostUs = message.since_us;
        // Who opens the page later gets at once what came before: it is as old as the silence.
        if (this.serverAhead_ms !== null) this.running?.cameBy(message.since_us / US_PER_MS - this.serverAhead_ms);
        break;
      case "found":
        this.lostUs = null;
        break;
      case "pointed":
        this.point(message.by, message.name, message.pointer, now_ms);
        break;
      case "anchor":
        this.anchors.receive({
          track: message.track,
          rtp: message.rtp_timestamp,
          gatewayUs: message.gateway_us,
          arrived_ms: now_ms,
        });
        break;
    }
    return message;
  }

  /**
   * Takes whole frames of the socket or of the record, one after another; returns what was not here before.
   *
   * On the socket the record has the last word: where it differs from what was shown ahead of it, it comes behind it.
   */
  receiveFrames(content: Uint8Array, now_ms: number): Received[] {
    let frames: Frame[];
    try {
      frames = decodeFrames(content);
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.unreadable += 1;
      return [];
    }
    const received = frames.flatMap((frame) => this.takeFrame(frame, now_ms, true));
    this.newBySocket += received.length;
    return received;
  }

  /** Takes a message of the room's lane, the newest frame first; null for what is none. */
  receiveMessage(content: Uint8Array, now_ms: number): { newest: Frame; received: Received[] } | null {
    let frames: Frame[];
    try {
      frames = decodeMessage(content);
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.unreadable += 1;
      return null;
    }
    const [newest] = frames as [Frame, ...Frame[]];
    // In the order in which they were taken: a repeat fills its place before the line goes on.
    const received = frames.reverse().flatMap((frame) => this.takeFrame(frame, now_ms));
    this.newByRoom += received.length;
    return { newest, received };
  }

  /** How far the newest sample here is beyond what the service has told that it stores. */
  get untold_ms(): number {
    const { running } = this;
    if (running === null) return 0;
    const { epoch, rateHz } = running.shape;
    const told = this.stored.get(epoch)?.at(-1)?.[1] ?? running.start;
    return ((running.end - told) * MS_PER_S) / rateHz;
  }

  /** Server time now, milliseconds since the Unix epoch; null before it said its time. */
  serverNow_ms(now_ms: number): number | null {
    return this.serverAhead_ms === null ? null : now_ms + this.serverAhead_ms;
  }

  /** What the gateway's clock shows now, as its newest sample says; before the first, the server's. */
  gatewayNowUs(now_ms: number): number {
    const newest = this.running?.newest ?? null;
    if (newest !== null) return newest.endUs + (now_ms - newest.arrived_ms) * US_PER_MS;
    return (this.serverNow_ms(now_ms) ?? now_ms) * US_PER_MS;
  }

  /** The whole recording as a bar; empty before the device described itself. */
  rail(): RailPiece[] {
    const { told } = this;
    if (told?.descriptor == null) return [];
    const known = new Map(this.epochs.all.map((samples) => [samples.shape.epoch, knownOf(samples)]));
    const epochs = [...told.epochs];
    // The epoch that has just begun is seen here before the service tells of it.
    for (const samples of this.epochs.all) {
      const { epoch } = samples.shape;
      const first_taken_us = samples.takenUs(samples.start);
      if (first_taken_us === null || epochs.some((one) => one.epoch === epoch)) continue;
      epochs.push({ epoch, first: samples.start, end: samples.end, first_taken_us });
    }
    return railOf(epochs, told.descriptor.rate_hz, this.stored, known);
  }

  /** Samples that the service has and this page lacks, within what it keeps; at most `most` in one piece. */
  wanted(most: number): (Span & { readonly epoch: number }) | null {
    for (const samples of this.epochs.all) {
      const { epoch } = samples.shape;
      const stored = new Spans();
      for (const [from, to] of this.stored.get(epoch) ?? []) stored.add(from, to);
      for (const hole of samples.gaps(samples.start, samples.end, Infinity)) {
        const [found] = stored.within(hole.start, hole.end);
        if (found !== undefined) return { epoch, start: found.start, end: Math.min(found.end, found.start + most) };
      }
    }
    return null;
  }

  private takeFrame(frame: Frame, now_ms: number, isRecord = false): Received[] {
    const descriptor = this.told?.descriptor ?? null;
    const running = this.running?.shape.epoch ?? -1;
    // A device that began to count anew is the same device until it is described otherwise.
    if (descriptor !== null && frame.epoch > running) this.describe(frame.epoch, descriptor);
    const taken = this.epochs.take(frame, now_ms, isRecord);
    if (taken.refused !== null) {
      if (taken.refused !== "too_old") this.unreadable += 1;
      return [];
    }
    this.hasDiffered ||= taken.differs;
    return taken.added.length === 0 ? [] : [{ epoch: frame.epoch, added: taken.added }];
  }

  private describe(epoch: number, { rate_hz, leads }: EcgDescriptor): void {
    if (epoch < (this.running?.shape.epoch ?? 0)) return;
    this.epochs.describe({ epoch, rateHz: rate_hz, leads: leads.length });
  }

  private point(by: string, name: string, value: unknown, came_ms: number): void {
    const pointer = pointerFrom(value);
    if (pointer === null) return;
    if (!this.pointers.has(by) && this.pointers.size >= MOST_POINTERS) return;
    this.pointers.set(by, { by, name, pointer, came_ms });
  }
}

function knownOf(samples: Samples): EpochKnown {
  const { start, end } = samples;
  const here = new Spans();
  let at = start;
  for (const hole of samples.gaps(start, end, Infinity)) {
    here.add(at, hole.start);
    at = Math.min(hole.end, end);
  }
  here.add(at, end);
  return { here: here.all(), late: samples.lateIn(start, end), end };
}
