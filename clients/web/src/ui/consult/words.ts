// What a case says of itself, in words.

import { ageAt, type Consultation } from "../../protocol/consultation";
import { timeOfDay } from "../../protocol/times";
import type { Language, Speak } from "../../messages/speak";
import { whenWords } from "../words";

/** 男 61 岁. */
export function sexAndAge(one: Consultation, speak: Speak): string {
  const age = ageAt(one.patient.birth_year, new Date());
  const sex = speak(`case.word.sex.${one.patient.sex}`);
  return age === null ? sex : `${sex} ${speak("case.age", { age })}`;
}

export function specialtyName(one: Consultation, language: Language): string {
  return one.specialty_name[language === "en" ? "en" : "zh"];
}

/** 心内科　副主任医师. */
export function wantedWords(one: Consultation, speak: Speak, language: Language): string {
  const title = one.wanted_title === "" ? "" : speak(speak.keyOr(`case.word.title.${one.wanted_title}`, "app.dash"));
  return [specialtyName(one, language), title].filter((word) => word !== "").join("\u3000");
}

/** Where a case stands: 正在响铃; 已签发 09:41, 部分采纳. */
export function stateWords(one: Consultation, speak: Speak): string {
  if (one.adoption !== "") {
    const signed =
      one.signed_at_ms === null ? "" : speak("s0.signed", { time: timeOfDay(new Date(one.signed_at_ms), false) });
    return [signed, speak(`case.word.adoption.${one.adoption}`)]
      .filter((word) => word !== "")
      .join(speak("app.listComma"));
  }
  return speak(`case.word.state.${one.state}`);
}

/** 今天 14:30. */
export const atWords = (at_ms: number, speak: Speak): string => whenWords(new Date(at_ms), speak);
