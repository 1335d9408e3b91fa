// Times, lengths and the service's codes, in words.

import { day, daysBefore, minutesAndSeconds, timeOfDay } from "../protocol/times";
import { keyOr, type Speak } from "../messages/speak";

/** Why something was not recorded. */
export function causeWords(cause: string, speak: Speak): string {
  return cause === "" ? speak("m4.noMediaNoCause") : speak(keyOr(`cause.${cause}`, "cause.other"), { code: cause });
}

/** A moment in the past: 今天 14:04, 昨天 14:04, 11-06 14:30. */
export function whenWords(at: Date, speak: Speak): string {
  const time = timeOfDay(at, false);
  const days = daysBefore(new Date(), at);
  if (days === 0 || days === 1) return `${speak(`day.${days}`)} ${time}`;
  const isThisYear = at.getFullYear() === new Date().getFullYear();
  return `${isThisYear ? day(at).slice(5) : day(at)} ${time}`;
}

/** 6 分 10 秒; below a minute the seconds alone. */
export function lengthWords(length_ms: number, speak: Speak): string {
  const { minutes, seconds } = minutesAndSeconds(length_ms);
  return minutes === 0 ? speak("length.seconds", { seconds }) : speak("length.minutes", { minutes, seconds });
}
