// Codes that come from the service, in words.

import { keyOr, type Speak } from "../messages/speak";

/** Why something was not recorded. */
export function causeWords(cause: string, speak: Speak): string {
  return cause === "" ? speak("m4.noMediaNoCause") : speak(keyOr(`cause.${cause}`, "cause.other"), { code: cause });
}
