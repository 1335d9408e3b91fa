// Turns a key and its values into a sentence of one language.

import type { MessageKey } from "./zh_cn";

export type Language = "zh-CN" | "en";
export const LANGUAGES: readonly Language[] = ["zh-CN", "en"];
export type Values = Readonly<Record<string, string | number>>;
export type Catalogue = Readonly<Record<MessageKey, string>>;

export interface Speak {
  (key: MessageKey, values?: Values): string;
  /** The key if the catalogue has it, else the other one: for codes that come from the server. */
  readonly keyOr: (key: string, otherwise: MessageKey) => MessageKey;
}

/** The speaker of a language. Places in a sentence are written {so}; one without a value stays visible as a fault. */
export function speaker(catalogue: Catalogue): Speak {
  const speak = (key: MessageKey, values?: Values): string =>
    catalogue[key].replace(/\{(\w+)\}/g, (place, name: string) => {
      const value = values?.[name];
      return value === undefined ? place : String(value);
    });
  const keyOr = (key: string, otherwise: MessageKey): MessageKey =>
    Object.hasOwn(catalogue, key) ? (key as MessageKey) : otherwise;
  return Object.assign(speak, { keyOr });
}

/** The language kept from last time, else Chinese: the first language of the people this is for. */
export function languageFrom(kept: string | null): Language {
  return kept === "en" ? "en" : "zh-CN";
}

export { type MessageKey };
