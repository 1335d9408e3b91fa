// Turns a key and its values into a sentence of one language.

import { EN } from "./en";
import { ZH_CN, type MessageKey } from "./zh_cn";

export type Language = "zh-CN" | "en";
export const LANGUAGES: readonly Language[] = ["zh-CN", "en"];
export type Values = Readonly<Record<string, string | number>>;
export type Speak = (key: MessageKey, values?: Values) => string;

const CATALOGUES: Readonly<Record<Language, Readonly<Record<MessageKey, string>>>> = { "zh-CN": ZH_CN, en: EN };

/** The speaker of a language. Places in a sentence are written {so}; one without a value stays visible as a fault. */
export function speaker(language: Language): Speak {
  const catalogue = CATALOGUES[language];
  return (key, values) =>
    catalogue[key].replace(/\{(\w+)\}/g, (place, name: string) => {
      const value = values?.[name];
      return value === undefined ? place : String(value);
    });
}

/** The key if the catalogue has it, else the other one: for codes that come from the server. */
export function keyOr(key: string, otherwise: MessageKey): MessageKey {
  return Object.hasOwn(ZH_CN, key) ? (key as MessageKey) : otherwise;
}

/** The language kept from last time, else Chinese: the first language of the people this is for. */
export function languageFrom(kept: string | null): Language {
  return kept === "en" ? "en" : "zh-CN";
}

export { type MessageKey };
