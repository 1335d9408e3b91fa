// Plays the ring of an incoming call; says whether the browser really sounds it.

import { ringPhrase } from "../protocol/incoming";
import type { Urgency } from "../protocol/consultation";

/** A browser that has not woken its sound by then plays none: nobody has touched the page yet. */
const WAKE_LIMIT_MS = 700;

let context: AudioContext | null = null;

/** Wakes the browser's sound; false while it stays silent (it waits for a touch of the page). */
async function isAwake(): Promise<boolean> {
  try {
    context ??= new AudioContext();
    const late = new Promise<void>((done) => window.setTimeout(done, WAKE_LIMIT_MS));
    if (context.state !== "running") await Promise.race([context.resume(), late]);
    return context.state === "running";
  } catch {
    return false;
  }
}

function play(urgency: Urgency, rung_ms: number): void {
  if (context === null) return;
  const { tones, loudness } = ringPhrase(urgency, rung_ms);
  for (const tone of tones) {
    const begin_s = context.currentTime + tone.at_ms / 1000;
    const end_s = begin_s + tone.length_ms / 1000;
    const gain = context.createGain();
    // Swells and fades, so that it starts and ends without a click.
    gain.gain.setValueAtTime(0, begin_s);
    gain.gain.linearRampToValueAtTime(loudness, begin_s + 0.04);
    gain.gain.linearRampToValueAtTime(0, end_s);
    const voice = context.createOscillator();
    voice.frequency.value = tone.hz;
    voice.connect(gain).connect(context.destination);
    voice.start(begin_s);
    voice.stop(end_s);
  }
}

/** Sounds the ring once; resolves to whether it was heard. Best called from a click. */
export async function tryRing(): Promise<boolean> {
  if (!(await isAwake())) return false;
  play("routine", 0);
  return true;
}

/** Rings until the returned function is called; `onSilent` where the browser plays nothing. */
export function ring(urgency: Urgency, rung_ms: () => number, onSilent: (isSilent: boolean) => void): () => void {
  let timer: number | undefined;
  let isWanted = true;
  const again = async (): Promise<void> => {
    const isHeard = await isAwake();
    if (!isWanted) return;
    onSilent(!isHeard);
    if (isHeard) play(urgency, rung_ms());
    timer = window.setTimeout(() => void again(), ringPhrase(urgency, rung_ms()).again_after_ms);
  };
  void again();
  return () => {
    isWanted = false;
    window.clearTimeout(timer);
  };
}
