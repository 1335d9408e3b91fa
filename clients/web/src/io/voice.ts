// Reading aloud by the computer's own voice (Web Speech API). Nothing leaves the computer: a voice that would ask a
// service on the internet is not used.

import type { Voice } from "./kiosk_ports";

/** Slower than a newsreader: the listener is ill and hears it once. */
const RATE = 0.9;
/** Some engines take a sentence and never say that it is over; a sentence at this pace has certainly ended. */
const LONGEST_PER_LETTER_MS = 600;

function voiceFor(language: string): SpeechSynthesisVoice | null {
  // Absent in some kiosk browsers, whatever the type says.
  const speech = window.speechSynthesis as SpeechSynthesis | undefined;
  const main = language.slice(0, 2);
  return speech?.getVoices().find((one) => one.localService && one.lang.startsWith(main)) ?? null;
}

export class BrowserVoice implements Voice {
  #timer: number | undefined;
  #round = 0;

  canSpeak(language: string): boolean {
    return voiceFor(language) !== null;
  }

  speak(sentence: string, language: string, onDone: (wasSpoken: boolean) => void): void {
    this.hush();
    const voice = voiceFor(language);
    if (voice === null) {
      onDone(false);
      return;
    }
    const round = this.#round;
    const done = (wasSpoken: boolean): void => {
      if (round !== this.#round) return;
      this.hush();
      onDone(wasSpoken);
    };
    const words = new SpeechSynthesisUtterance(sentence);
    words.voice = voice;
    words.lang = voice.lang;
    words.rate = RATE;
    words.onend = () => done(true);
    words.onerror = () => done(false);
    this.#timer = window.setTimeout(() => done(false), 3000 + sentence.length * LONGEST_PER_LETTER_MS);
    window.speechSynthesis.speak(words);
  }

  hush(): void {
    this.#round += 1;
    window.clearTimeout(this.#timer);
    (window.speechSynthesis as SpeechSynthesis | undefined)?.cancel();
  }
}
