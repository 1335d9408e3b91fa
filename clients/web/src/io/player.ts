// Plays several recordings in step: reads the elements, asks protocol/playback what to correct, and does it.

import type { Lane } from "../protocol/api";
import {
  correctionFor,
  momentOf,
  openingPosition,
  PICTURE_MS,
  positionAt,
  setClock,
  type Clock,
  type LaneMoment,
} from "../protocol/playback";

/** Often enough that lanes are in step within a frame or two, seldom enough to cost nothing. */
const TICK_MS = 50;
/** A stop shorter than this is a seek, not worth a word. */
const SAY_WAITING_AFTER_MS = 400;
/** A shown frame older than this is stale (interface.md §3: frozen). */
const FROZEN_AFTER_S = 1;

export interface PlayerView {
  position_ms: number;
  rate: number;
  is_running: boolean;
  /** A lane has nothing to play yet, so all wait. */
  is_waiting: boolean;
  is_sound_blocked: boolean;
  moments: ReadonlyMap<string, LaneMoment>;
  broken: ReadonlySet<string>;
  /** Lanes whose sound goes on while their picture has stood for a second: a frame that old is not shown as if new. */
  frozen: ReadonlySet<string>;
}

export class Player {
  readonly #lanes: readonly Lane[];
  readonly #duration_ms: number;
  readonly #elements = new Map<string, HTMLVideoElement>();
  readonly #broken = new Set<string>();
  readonly #frames = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #clock: Clock = { position_ms: 0, at_ms: 0, rate: 1, is_running: false };
  #waitingSince_ms: number | null = null;
  #isSoundBlocked = false;
  #view: PlayerView;
  #timer: number | undefined;

  constructor(lanes: readonly Lane[], duration_ms: number) {
    this.#lanes = lanes;
    this.#duration_ms = duration_ms;
    this.#clock = { ...this.#clock, position_ms: openingPosition(lanes) };
    this.#view = this.#draw(this.#clock.position_ms);
  }

  /** Runs until the returned function is called. */
  start(): () => void {
    this.#timer = window.setInterval(() => this.#tick(), TICK_MS);
    return () => {
      window.clearInterval(this.#timer);
      for (const element of this.#elements.values()) element.pause();
    };
  }

  view(): PlayerView {
    return this.#view;
  }

  subscribe(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  /** Gives a lane its element, until the returned function is called. */
  attach(identity: string, element: HTMLVideoElement): () => void {
    const onError = (): void => {
      // An element without an address reports an error too; that is not a broken file.
      if (element.error !== null && element.getAttribute("src") !== null) this.#broken.add(identity);
    };
    let isWatching = true;
    const onFrame = (_now: number, frame: VideoFrameCallbackMetadata): void => {
      this.#frames.set(identity, frame.mediaTime);
      if (isWatching) element.requestVideoFrameCallback(onFrame);
    };
    if ("requestVideoFrameCallback" in element) element.requestVideoFrameCallback(onFrame);
    element.addEventListener("error", onError);
    this.#elements.set(identity, element);
    return () => {
      isWatching = false;
      this.#frames.delete(identity);
      element.removeEventListener("error", onError);
      this.#elements.delete(identity);
    };
  }

  /** Where in the recording the picture on screen of each participant stands. */
  pictures(): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (const lane of this.#lanes) {
      const shown_s = this.#frames.get(lane.identity);
      if (shown_s !== undefined) found.set(lane.identity, lane.starts_at_ms + shown_s * 1000);
    }
    return found;
  }

  /** Where the clock stands at this very moment. */
  positionNow(): number {
    const now_ms = this.#waitingSince_ms === null ? performance.now() : this.#clock.at_ms;
    return positionAt(this.#clock, now_ms, this.#duration_ms);
  }

  toggle(): void {
    const now_ms = performance.now();
    const isAtEnd = positionAt(this.#clock, now_ms, this.#duration_ms) >= this.#duration_ms;
    this.#isSoundBlocked = false;
    this.#set({ is_running: !this.#clock.is_running, ...(isAtEnd ? { position_ms: 0 } : {}) });
  }

  seek(position_ms: number): void {
    this.#set({ position_ms });
  }

  /** Moves by a difference, which may be negative. */
  step(by_ms: number): void {
    this.#set({ position_ms: positionAt(this.#clock, performance.now(), this.#duration_ms) + by_ms });
  }

  /** Stops and moves by a picture. */
  stepPicture(direction: 1 | -1): void {
    this.#set({ is_running: false });
    this.step(direction * PICTURE_MS);
  }

  setRate(rate: number): void {
    this.#set({ rate });
  }

  #set(change: Parameters<typeof setClock>[3]): void {
    this.#clock = setClock(this.#clock, performance.now(), this.#duration_ms, change);
    this.#tick();
  }

  #tick(): void {
    const now_ms = performance.now();
    // While a lane waits the clock stands: it is set again to where it is, at every tick.
    if (this.#waitingSince_ms !== null) this.#clock = { ...this.#clock, at_ms: now_ms };
    const position_ms = positionAt(this.#clock, now_ms, this.#duration_ms);
    let isWaiting = false;
    for (const lane of this.#lanes) {
      const element = this.#elements.get(lane.identity);
      if (element === undefined || this.#broken.has(lane.identity)) continue;
      const correction = correctionFor(lane, this.#clock, position_ms, {
        media_ms: element.currentTime * 1000,
        length_ms: Number.isFinite(element.duration) ? element.duration * 1000 : Infinity,
        is_seeking: element.seeking,
        can_play: element.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA || element.ended,
      });
      if (correction.seek_ms !== null && element.readyState >= HTMLMediaElement.HAVE_METADATA) {
        element.currentTime = correction.seek_ms / 1000;
      }
      if (element.playbackRate !== correction.rate) element.playbackRate = correction.rate;
      isWaiting ||= correction.is_waiting;
      const mayPlay = correction.should_play && this.#waitingSince_ms === null;
      if (mayPlay && element.paused && !element.ended) this.#play(element);
      else if (!mayPlay && !element.paused) element.pause();
    }
    if (isWaiting && this.#waitingSince_ms === null) {
      this.#clock = setClock(this.#clock, now_ms, this.#duration_ms, {});
      this.#waitingSince_ms = now_ms;
    } else if (!isWaiting && this.#waitingSince_ms !== null) {
      this.#clock = { ...this.#clock, at_ms: now_ms };
      this.#waitingSince_ms = null;
    }
    if (this.#clock.is_running && position_ms >= this.#duration_ms) {
      this.#clock = setClock(this.#clock, now_ms, this.#duration_ms, { is_running: false });
    }
    const before = this.#view;
    const view = this.#draw(position_ms);
    const isSame =
      view.position_ms === before.position_ms &&
      view.rate === before.rate &&
      view.is_running === before.is_running &&
      view.is_waiting === before.is_waiting &&
      view.is_sound_blocked === before.is_sound_blocked &&
      view.broken.size === before.broken.size &&
      view.frozen.size === before.frozen.size;
    if (isSame) return;
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }

  #play(element: HTMLVideoElement): void {
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") {
        this.#isSoundBlocked = true;
        this.#set({ is_running: false });
      }
      // Otherwise a pause came between: the next tick decides again.
    });
  }

  #draw(position_ms: number): PlayerView {
    const waiting_ms = this.#waitingSince_ms === null ? 0 : performance.now() - this.#waitingSince_ms;
    return {
      position_ms,
      rate: this.#clock.rate,
      is_running: this.#clock.is_running,
      is_waiting: waiting_ms > SAY_WAITING_AFTER_MS,
      is_sound_blocked: this.#isSoundBlocked,
      moments: new Map(this.#lanes.map((lane) => [lane.identity, momentOf(lane, position_ms)])),
      broken: new Set(this.#broken),
      frozen: this.#frozen(),
    };
  }

  #frozen(): Set<string> {
    const frozen = new Set<string>();
    for (const [identity, shown_s] of this.#frames) {
      const element = this.#elements.get(identity);
      if (element !== undefined && element.currentTime - shown_s > FROZEN_AFTER_S) frozen.add(identity);
    }
    return frozen;
  }
}
