// Reading texts aloud sentence by sentence, so that the sentence being read can be marked on the screen.

export interface Sentence {
  /** Which of the texts it belongs to. */
  part: number;
  words: string;
}

/** A sentence ends behind its mark, with the closing quotes and brackets; the point of "3.5" ends none. */
const SENTENCE = /(?:[^。！？；.!?]|[.!?](?![\s"'”’)]|$))+(?:[。！？；]+|[.!?]+|$)[”’）)"']*\s*/g;

/** All sentences of all texts, in order. Joined again, the sentences of a text are the text. */
export function sentencesOf(texts: readonly string[]): Sentence[] {
  return texts.flatMap((text, part) => (text.match(SENTENCE) ?? []).map((words) => ({ part, words })));
}

/** Chinese is read at some four characters a second, English at some fourteen letters (rate 1, slowly and clearly). */
const PER_SECOND: Readonly<Record<"zh" | "en", number>> = { zh: 4, en: 14 };

/** About how long reading takes, in whole seconds. */
export function readingSeconds(sentences: readonly Sentence[], language: "zh" | "en"): number {
  const letters = sentences.reduce((sum, one) => sum + one.words.length, 0);
  return Math.ceil(letters / PER_SECOND[language]);
}

export interface Reading {
  state: "idle" | "reading" | "paused" | "read" | "silent";
  /** The sentence being read, or to be read next. */
  at: number;
  /** How many there are. */
  count: number;
}

export type ReadingStep = "start" | "spoken" | "pause" | "go_on" | "again" | "stop" | "no_voice";

/** idle: not begun. silent: this computer has no voice, or it failed; the doctor reads. */
const STEPS: Readonly<Record<Reading["state"], Partial<Record<ReadingStep, Reading["state"]>>>> = {
  idle: { start: "reading", no_voice: "silent" },
  reading: { spoken: "reading", pause: "paused", stop: "idle", again: "reading", no_voice: "silent" },
  paused: { go_on: "reading", again: "reading", stop: "idle" },
  read: { again: "reading", stop: "idle" },
  silent: {},
};

/** The reading after a step; a step that makes no sense now changes nothing. */
export function stepReading(reading: Reading, step: ReadingStep): Reading {
  const state = STEPS[reading.state][step];
  if (state === undefined) return reading;
  if (step === "start" || step === "again" || step === "stop") return { ...reading, state, at: 0 };
  if (step !== "spoken") return { ...reading, state };
  const at = reading.at + 1;
  return at >= reading.count ? { ...reading, state: "read", at: reading.count } : { ...reading, state, at };
}
