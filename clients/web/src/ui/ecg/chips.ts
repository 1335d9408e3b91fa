// How fresh an ECG is and how whole, in chips: what comes first is what is worst.

import type { RailSum } from "../../ecg/rail";
import type { LiveEcg } from "../../io/ecg_ports";
import type { Speak } from "../../messages/speak";
import type { EcgCanvas } from "./ecg_canvas";
import { tenths } from "./ecg_words";

/** In green up to here (interface.md, "live lane"). */
const FRESH_LAG_MS = 1000;
/** Two clocks that are further apart say nothing of a delay. */
const MOST_LAG_MS = 600_000;
const US_PER_MS = 1000;
const US_PER_S = 1_000_000;

/** A dot or a triangle or a hatch, and words. */
export interface Chip {
  readonly kind: "ok" | "warn" | "none";
  readonly text: string;
}

type Followed = EcgCanvas["followed"];

export function chipsOf(
  live: LiveEcg,
  lane: "live" | "truth",
  followed: Followed,
  sum: RailSum,
  isFrozen: boolean,
  look_ms: number,
  speak: Speak,
): Chip[] {
  const chips: Chip[] = [];
  const { watch } = live;
  if (live.link() === "lost") chips.push({ kind: "none", text: speak("ecg.linkLost") });
  else if (watch.lostSinceUs !== null && watch.ecg?.state !== "ended") {
    const seconds = Math.max(0, Math.round((watch.gatewayNowUs(look_ms) - watch.lostSinceUs) / US_PER_S));
    chips.push({ kind: "none", text: speak("ecg.gatewayLost", { seconds }) });
  } else if (lane === "live" && followed?.stale != null && watch.ecg?.state !== "ended")
    chips.push({ kind: "none", text: speak("ecg.stale", { seconds: tenths(followed.stale.for_ms) }) });
  else if (lane === "live" && followed !== null) chips.push(lagChip(watch, followed, look_ms, speak));
  if (lane === "live" && followed?.isPictureFrozen === true) {
    chips.push({ kind: "warn", text: speak("ecg.pictureFrozen") });
  }
  if (lane === "live" && isFrozen) chips.push({ kind: "warn", text: speak("ecg.frozen") });
  if (watch.ecg?.state === "ended") chips.push({ kind: "ok", text: speak("ecg.ended") });
  chips.push(
    sum.missing_ms > 0
      ? {
          kind: "none",
          text: speak("ecg.fill.missing", { seconds: tenths(sum.missing_ms), percent: sum.percent.toFixed(1) }),
        }
      : { kind: "ok", text: speak("ecg.fill.whole") },
  );
  return chips;
}

/** How old what is drawn is; without a common clock only that it is live. */
function lagChip(watch: LiveEcg["watch"], followed: NonNullable<Followed>, look_ms: number, speak: Speak): Chip {
  const server_ms = watch.serverNow_ms(look_ms);
  const drawnUs = watch.running?.takenUs(followed.until) ?? null;
  const lag_ms = server_ms === null || drawnUs === null ? null : server_ms - drawnUs / US_PER_MS;
  if (lag_ms === null || Math.abs(lag_ms) > MOST_LAG_MS) return { kind: "ok", text: speak("ecg.lagUnknown") };
  const seconds = tenths(Math.max(0, lag_ms));
  return { kind: lag_ms <= FRESH_LAG_MS ? "ok" : "warn", text: speak("ecg.lag", { seconds }) };
}
