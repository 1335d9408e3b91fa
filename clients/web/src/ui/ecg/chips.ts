// How fresh an ECG is and how whole, in chips: what comes first is what is worst.

import type { RailSum } from "../../ecg/rail";
import { freshnessOf, sightOf, wholenessOf, type Freshness, type Wholeness } from "../../ecg/standing";
import type { LiveEcg } from "../../io/ecg_ports";
import type { Speak } from "../../messages/speak";
import type { EcgReport } from "../../protocol/truth";
import type { EcgCanvas } from "./ecg_canvas";
import { tenths } from "./ecg_words";

const MS_PER_S = 1000;

/** A dot or a triangle or a hatch, and words. */
export interface Chip {
  readonly kind: "ok" | "warn" | "none";
  readonly text: string;
  /** Where there is little room. */
  readonly short: string;
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
  const fresh = freshness(live, lane, followed, look_ms);
  if (fresh !== null) chips.push(freshChip(fresh, speak));
  const hasEnded = watch.ecg?.state === "ended";
  if (lane === "live" && followed?.isPictureFrozen === true && !hasEnded)
    chips.push({ kind: "warn", text: speak("ecg.pictureFrozen"), short: speak("ecg.chip.picture") });
  if (lane === "live" && isFrozen) chips.push({ kind: "warn", text: speak("ecg.frozen"), short: speak("ecg.frozen") });
  if (hasEnded) chips.push({ kind: "ok", text: speak("ecg.ended"), short: speak("ecg.ended") });
  chips.push(wholeChip(wholeness(live, sum, look_ms), sum, speak));
  return chips;
}

/** How fresh what is shown is. */
function freshness(live: LiveEcg, lane: "live" | "truth", followed: Followed, look_ms: number): Freshness | null {
  const { watch } = live;
  return freshnessOf({
    state: watch.ecg?.state ?? "waiting",
    isLinkLost: live.link() === "lost",
    lostSinceUs: watch.lostSinceUs,
    server_ms: watch.serverNow_ms(look_ms),
    isLiveLane: lane === "live",
    stale_ms: followed?.stale?.for_ms ?? null,
    drawnUs: followed === null ? null : (watch.running?.takenUs(followed.until) ?? null),
  });
}

/** What this page sees of the ECG, for the others. */
export function ecgSight(
  live: LiveEcg,
  lane: "live" | "truth",
  followed: Followed,
  sum: RailSum,
  look_ms: number,
): EcgReport {
  return sightOf(freshness(live, lane, followed, look_ms), wholeness(live, sum, look_ms), sum.missing_ms);
}

/** How whole what is watched is; what the rail comes to is `sum`. */
export function wholeness(live: LiveEcg, sum: RailSum, look_ms: number): Wholeness {
  const { watch } = live;
  return wholenessOf(
    {
      state: watch.ecg?.state ?? "waiting",
      is_complete: watch.ecg?.is_complete ?? false,
      isLinkOpen: live.link() === "open",
      isGatewayLost: watch.lostSinceUs !== null,
      newest: watch.running?.newest ?? null,
      untold_ms: watch.untold_ms,
      missing_ms: sum.missing_ms,
      stored_ms: sum.stored_ms,
    },
    look_ms,
  );
}

function freshChip(fresh: Freshness, speak: Speak): Chip {
  switch (fresh.kind) {
    case "link_lost":
      return { kind: "none", text: speak("ecg.linkLost"), short: speak("ecg.chip.link") };
    case "gateway_lost": {
      const seconds = fresh.for_ms === null ? "--" : Math.round(fresh.for_ms / MS_PER_S);
      return {
        kind: "none",
        text: speak("ecg.gatewayLost", { seconds }),
        short: speak("ecg.chip.gateway", { seconds }),
      };
    }
    case "stale": {
      const seconds = tenths(fresh.for_ms);
      return { kind: "none", text: speak("ecg.stale", { seconds }), short: speak("ecg.chip.stale", { seconds }) };
    }
    case "live_unknown":
      return { kind: "warn", text: speak("ecg.lagUnknown"), short: speak("ecg.lagUnknown") };
    case "live": {
      const seconds = tenths(fresh.lag_ms);
      const kind = fresh.isFresh ? "ok" : "warn";
      return { kind, text: speak("ecg.lag", { seconds }), short: speak("ecg.chip.lag", { seconds }) };
    }
  }
}

function wholeChip(whole: Wholeness, sum: RailSum, speak: Speak): Chip {
  switch (whole) {
    case "whole":
      return { kind: "ok", text: speak("ecg.fill.whole"), short: speak("ecg.chip.whole") };
    case "open":
      return { kind: "none", text: speak("ecg.fill.open"), short: speak("ecg.chip.open") };
    case "missing": {
      const seconds = tenths(sum.missing_ms);
      return {
        kind: "none",
        text: speak("ecg.fill.missing", { seconds, percent: sum.percent.toFixed(1) }),
        short: speak("ecg.chip.missing", { seconds }),
      };
    }
  }
}

/** What a screen reader reads of an ECG. */
export function textWords(whole: Wholeness, sum: RailSum, leads: number, hr: string | number, speak: Speak): string {
  return whole === "open"
    ? speak("ecg.textOpen", { leads, hr })
    : speak("ecg.text", {
        leads,
        percent: sum.percent.toFixed(1),
        count: sum.holes,
        seconds: tenths(sum.missing_ms),
        hr,
      });
}
