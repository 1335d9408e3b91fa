// Vitals as tiles: a value, its age, where it comes from, and how it went.

import type { VitalTile, Vitals } from "../../ecg/vitals";
import type { Vital } from "../../protocol/ecg";
import type { Speak } from "../../messages/speak";
import { timeOfDay } from "../../protocol/times";
import { useWorld } from "../world";

const TREND_WIDTH = 56;
const TREND_HEIGHT = 18;
/** How far back a trend reaches. */
const TREND_US = 10 * 60 * 1_000_000;
const MINUTE_MS = 60_000;
/** A value that comes each second has no age to speak of. */
const FRESH_MS = 4000;

/** `isOver`: nothing more will come; then a value has a time rather than an age. */
export function EcgVitals({ vitals, now_us, isOver }: { vitals: Vitals; now_us: number; isOver: boolean }) {
  const { speak } = useWorld();
  const tiles = vitals.tiles(now_us);
  if (tiles.length === 0) return null;
  return (
    <ul className="ecg-vitals" aria-label={speak("ecg.vital.list")}>
      {tiles.map((tile) => (
        <li key={`${tile.kind} ${tile.newest.source}`} className={tile.isGone ? "gone" : ""}>
          <span className="i3">{speak(`ecg.vital.${tile.kind}`)}</span>
          <b>{valueOf(tile, speak)}</b>
          {!tile.isGone && <span className="unit">{tile.newest.unit}</span>}
          <Trend points={vitals.trend(tile.kind, tile.newest.source)} now_us={now_us} />
          <span className="i3 more">{moreOf(tile, isOver, speak)}</span>
        </li>
      ))}
    </ul>
  );
}

function valueOf({ isGone, newest, lower }: VitalTile, speak: Speak): string {
  if (isGone) return speak("ecg.vital.none");
  const written = (value: number): string => String(Math.round(value * 10) / 10);
  return lower === null ? written(newest.value) : `${written(newest.value)}/${written(lower.value)}`;
}

function moreOf({ newest, age_ms }: VitalTile, isOver: boolean, speak: Speak): string {
  const source = speak(`ecg.vital.source.${newest.source}`);
  const doubt = newest.validity === "questionable" ? speak("ecg.vital.questionable") : "";
  const age = isOver ? timeOfDay(new Date(newest.t_us / 1000)) : age_ms < FRESH_MS ? "" : ageWords(age_ms, speak);
  return [source, age, doubt].filter((word) => word !== "").join(" ");
}

function ageWords(age_ms: number, speak: Speak): string {
  return age_ms < MINUTE_MS
    ? speak("ecg.vital.age.s", { value: Math.floor(age_ms / 1000) })
    : speak("ecg.vital.age.m", { value: Math.floor(age_ms / MINUTE_MS) });
}

/** A line of the last minutes; nothing is joined over a minute without a value. */
function Trend({ points, now_us }: { points: readonly Vital[]; now_us: number }) {
  const recent = points.filter((one) => one.t_us > now_us - TREND_US && one.validity === "valid");
  // What spans less than a minute is a dot, not a course.
  if (recent.length < 3 || now_us - (recent[0] as Vital).t_us < MINUTE_MS * 1000) return null;
  const values = recent.map((one) => one.value);
  const low = Math.min(...values);
  const span = Math.max(1, Math.max(...values) - low);
  const at = (one: Vital): string => {
    const x = TREND_WIDTH * (1 - (now_us - one.t_us) / TREND_US);
    return `${x.toFixed(1)} ${(TREND_HEIGHT - 2 - ((one.value - low) / span) * (TREND_HEIGHT - 4)).toFixed(1)}`;
  };
  const path = recent
    .map((one, i) => {
      const before = recent[i - 1];
      const isJoined = before !== undefined && one.t_us - before.t_us < MINUTE_MS * 1000;
      return `${isJoined ? "L" : "M"}${at(one)}`;
    })
    .join("");
  return (
    <svg width={TREND_WIDTH} height={TREND_HEIGHT} aria-hidden="true">
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.25" />
    </svg>
  );
}
