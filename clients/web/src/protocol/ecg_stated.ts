// What a file said of an ECG besides its samples (GET /ecgs/{id}/stated): the device's own numbers and sentences. They
// are quoted with their source and never judged here.

import { isRecord } from "./api";

/** Those that a reader looks for first, in the order in which they stand; the rest stands in the whole list. */
export const LEADING_MEASURES = ["pr", "qrs", "qt", "qtc", "hr"] as const;
export type LeadingMeasure = (typeof LEADING_MEASURES)[number];

export interface StatedNumber {
  /** As the file names it. */
  readonly name: string;
  /** A decimal number as it stands in the file. */
  readonly value: string;
  readonly unit: string;
  /** The format and, where the file tells, the device. */
  readonly source: string;
}

export interface StatedSentence {
  readonly text: string;
  readonly source: string;
}

export interface Stated {
  readonly numbers: readonly StatedNumber[];
  /** Of the whole ECG: what the file says of single samples is left out. */
  readonly sentences: readonly StatedSentence[];
}

/** Names of SCP-ECG and DICOM without case, blanks and what says that they are of the whole. */
const NAMES: Readonly<Record<string, LeadingMeasure>> = {
  pr: "pr",
  pq: "pr",
  print: "pr",
  printerval: "pr",
  qrs: "qrs",
  qrsd: "qrs",
  qrsduration: "qrs",
  qt: "qt",
  qtinterval: "qt",
  qtc: "qtc",
  qtcinterval: "qtc",
  hr: "hr",
  heartrate: "hr",
  ventricularrate: "hr",
  ventricularheartrate: "hr",
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const members = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);

/** Reads the answer; what has no value or says nothing is left out. */
export function statedFrom(answer: unknown): Stated {
  const told = isRecord(answer) ? answer : {};
  return {
    numbers: members(told["measurements"]).flatMap((one) => {
      const value = text(one["value"]).trim();
      const name = text(one["name"]) || text(one["code"]);
      if (value === "" || name === "") return [];
      return { name, value, unit: text(one["unit"]), source: text(one["source"]) };
    }),
    sentences: members(told["annotations"]).flatMap((one) => {
      const said = text(one["text"]).trim();
      return said === "" || typeof one["at"] === "number" ? [] : { text: said, source: text(one["source"]) };
    }),
  };
}

/** Which of the leading ones a number is; null for all others. */
export function leadingOf({ name }: StatedNumber): LeadingMeasure | null {
  const bare = name
    .toLowerCase()
    .replaceAll(/\bglobal\b/g, "")
    .replaceAll(/[^a-z]/g, "");
  return Object.hasOwn(NAMES, bare) ? (NAMES[bare] as LeadingMeasure) : null;
}

/** The leading ones, each once and in their order; devices write 0 for what they did not measure. */
export function leadingNumbers({ numbers }: Stated): readonly (StatedNumber & { readonly measure: LeadingMeasure })[] {
  return LEADING_MEASURES.flatMap((measure) => {
    const found = numbers.find((one) => leadingOf(one) === measure && Number(one.value) !== 0);
    return found === undefined ? [] : { ...found, measure };
  });
}

/** Where all of it comes from, each source once. */
export function sourcesOf({ numbers, sentences }: Stated): readonly string[] {
  return [...new Set([...numbers, ...sentences].map(({ source }) => source))].filter((source) => source !== "");
}
