// Times, lengths and the service's codes, in words.

import { rowOf } from "../protocol/cells";
import { hospitalClock } from "../protocol/hospital_time";
import { receivedParts } from "../protocol/received_words";
import { day, daysBefore, minutesAndSeconds, timeOfDay } from "../protocol/times";
import type { ApiFailure } from "../protocol/api";
import type { Person } from "../protocol/meeting";
import { offsetParts } from "../protocol/staff";
import type { Speak } from "../messages/speak";

/** Why something did not work: our own sentence for the code, else the server's, else the code itself. */
export function failureWords(failure: ApiFailure, speak: Speak): string {
  if (failure.isOffline) return speak("error.unreachable");
  const facts = Object.fromEntries(
    Object.entries(failure.facts).filter(
      (fact): fact is [string, string | number] => typeof fact[1] === "string" || typeof fact[1] === "number",
    ),
  );
  const own = speak.keyOr(`refusal.${failure.code}`, "error.other");
  if (own !== "error.other") return speak(own, facts);
  return failure.words ?? speak("error.other", { code: failure.code });
}

/** What to do while the link is lost; `phone` is "" where none is kept. */
export function byPhone(phone: string, speak: Speak): string {
  return phone === "" ? speak("ladder.5.more") : speak("ladder.5.call", { phone });
}

/** Why something was not recorded. */
export function causeWords(cause: string, speak: Speak): string {
  return cause === ""
    ? speak("m4.noMediaNoCause")
    : speak(speak.keyOr(`cause.${cause}`, "cause.other"), { code: cause });
}

/** A moment in the past: 今天 14:04, 昨天 14:04, 11-06 14:30. */
export function whenWords(at: Date, speak: Speak): string {
  const time = timeOfDay(at, false);
  const days = daysBefore(new Date(), at);
  if (days === 0 || days === 1) return `${speak(`day.${days}`)} ${time}`;
  const isThisYear = hospitalClock(at).year === hospitalClock(new Date()).year;
  return `${isThisYear ? day(at).slice(5) : day(at)} ${time}`;
}

/** 6 分 10 秒; below a minute the seconds alone. */
export function lengthWords(length_ms: number, speak: Speak): string {
  const { minutes, seconds } = minutesAndSeconds(length_ms);
  return minutes === 0 ? speak("length.seconds", { seconds }) : speak("length.minutes", { minutes, seconds });
}

/** How far one clock is from another: −41 ms, +3.2 s, +26 h. */
export function offsetWords(offset_ms: number): string {
  const { sign, value, unit } = offsetParts(offset_ms);
  return `${sign}${value} ${unit}`;
}

/** A moment to the second: 今天 14:04:31, 11-06 14:30:02. */
export function momentWords(at_ms: number, speak: Speak): string {
  const at = new Date(at_ms);
  return `${whenWords(at, speak).slice(0, -5)}${timeOfDay(at)}`;
}

/** How long ago: 刚才, 5 分钟前, 3 小时前, 2 天前. */
export function agoWords(at_ms: number, now_ms: number, speak: Speak): string {
  const minutes = Math.max(0, Math.floor((now_ms - at_ms) / 60_000));
  if (minutes < 1) return speak("devices.ago.now");
  if (minutes < 60) return speak("devices.ago.minutes", { count: minutes });
  if (minutes < 48 * 60) return speak("devices.ago.hours", { count: Math.floor(minutes / 60) });
  return speak("devices.ago.days", { count: Math.floor(minutes / (24 * 60)) });
}

/** What an event says, without who did it. */
export function kindWords(kind: string, speak: Speak): string {
  return speak(speak.keyOr(`kind.${kind}`, "kind.other"), { kind });
}

/** Roles joined by "+", as the ledger writes them, in words. */
export function roleWords(roles: string, speak: Speak): string {
  return roles
    .split("+")
    .filter((role) => role !== "")
    .map((role) => {
      const key = speak.keyOr(`role.${role}`, "role.none");
      return key === "role.none" ? role : speak(key);
    })
    .join(speak("app.listComma"));
}

/** What is bad of what somebody receives, and of their link; empty where nothing is. */
export function whatIsWrong(person: Person, speak: Speak): string {
  const row = rowOf(person);
  const parts: string[] = [];
  const isBad = (state: string): boolean => state === "degraded" || state === "none";
  if (isBad(row.hear.state)) parts.push(speak("ladder.what.hear", { value: speak(row.hear.word, row.hear.values) }));
  if (isBad(row.see.state)) parts.push(speak("ladder.what.see", { value: speak(row.see.word, row.see.values) }));
  const kbps = person.report?.link?.carries_kbps ?? 0;
  if (kbps > 0) parts.push(speak("ladder.what.link", { kbps }));
  return parts.join(speak("app.listComma"));
}

/** What somebody received, in one line (`qos.received`). */
export function receivedWords(facts: Readonly<Record<string, unknown>>, speak: Speak): string {
  const seconds = typeof facts["seconds"] === "number" ? facts["seconds"] : 0;
  const parts = receivedParts(facts).map(({ key, values }) => speak(key, values));
  return speak("received.line", { seconds, what: parts.join(speak("app.listComma")) });
}
