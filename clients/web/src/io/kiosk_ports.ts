// What the kiosk needs of the service and of the computer it stands in, as interfaces.

import type { ConsentBody, ConsentText, Giver, Standing } from "../protocol/consent_sheet";
import type { KnownSelfTest, SelfTest } from "../protocol/selftest";

/** One patient, as a search shows them. */
export interface PatientLine {
  id: string;
  name: string;
  /** The last characters of the card's number. */
  card_end: string;
  sex: "male" | "female" | "other" | "unknown";
  birth_year: number | null;
}

export interface NewPatient {
  name: string;
  card_number: string;
  sex: PatientLine["sex"];
  birth_year: number | null;
}

export interface FoundPatients {
  patients: PatientLine[];
  isComplete: boolean;
}

/** Every call rejects with ApiFailure and nothing else. */
export interface Patients {
  /** By a part of the name or the whole card number; for treatment. At most twenty. */
  findPatients(text: string): Promise<FoundPatients>;
}

/** Every call rejects with ApiFailure and nothing else. */
export interface KioskDesk extends Patients {
  notePatient(patient: NewPatient): Promise<PatientLine>;
  consentTexts(language: "zh" | "en"): Promise<ConsentText[]>;
  /** What stands for a patient in a case. */
  standing(patient: string, case_: string): Promise<Standing[]>;
  giveConsents(body: ConsentBody): Promise<void>;
  /** Takes an answer back, by voice. */
  withdraw(consent: string, giver: Giver, giver_name: string): Promise<void>;
  /** The last self-test that the service knows of, and server time minus this computer's. */
  lastSelfTest(): Promise<{ last: KnownSelfTest | null; clock_offset_ms: number }>;
  reportSelfTest(test: SelfTest): Promise<KnownSelfTest | null>;
}

/** A voice of this computer. */
export interface Voice {
  /** False where there is none for the language: the doctor then reads. */
  canSpeak(language: string): boolean;
  /** Speaks a sentence; `onDone` says whether it was spoken. Whatever was being said before is cut off. */
  speak(sentence: string, language: string, onDone: (wasSpoken: boolean) => void): void;
  hush(): void;
}

/** A scanner that uses the camera. */
export interface Scanner {
  /** False in browsers without BarcodeDetector. */
  isAvailable(): boolean;
  /** Looks at a playing picture until the returned function is called. */
  watch(video: HTMLVideoElement, onText: (text: string) => void): () => void;
}
