// What the pages need from the service to take, watch and read ECGs, as an interface; the real one is ecgs.ts. Every
// call rejects with ApiFailure and nothing else.

import type { PointerMessage } from "../ecg/pointer";
import type { Received, Watch } from "../ecg/watch";
import type { Urgency } from "../protocol/consultation";
import type { Ecg, EcgGateway, EpochStretches, Vital } from "../protocol/ecg";
import type { ExportFormat, FileFormat } from "../protocol/ecg_files";
import type { Stated } from "../protocol/ecg_stated";

export interface NewEcg {
  /** Null: the only box there is. */
  device: string | null;
  patient: string;
  /** Null: an ECG of its own. */
  case: string | null;
  urgency: Urgency;
}

/** "lost": the socket is gone and is being opened again. */
export type EcgLink = "opening" | "open" | "lost";

/** One ECG as it comes. */
export interface LiveEcg {
  readonly watch: Watch;
  link(): EcgLink;
  /** Tells what came (an empty list: a text, or the link) until the returned function is called. */
  subscribe(onChange: (received: readonly Received[]) => void): () => void;
  /** Shows the others where one points; `isKept`: it is done and goes into the ledger. */
  point(pointer: PointerMessage, isKept: boolean): void;
  /** Hears the frames that come over a room as well, until the returned function is called. */
  hearRoom(onFrames: HearFrames): () => void;
  close(): void;
}

/** Hands on what the service sends under a topic over a room's unreliable channel, until the answer is called. */
export type HearFrames = (topic: string, listener: (content: Uint8Array) => void) => () => void;

/** A file to be brought in. */
export interface FileToBring {
  readonly name: string;
  readonly content: Blob;
}

export interface EcgToBring {
  patient: string;
  /** Null: an ECG of its own. */
  case: string | null;
  urgency: Urgency;
  format: FileFormat;
  files: readonly FileToBring[];
}

export interface Ecgs {
  gateways(): Promise<EcgGateway[]>;
  /** Asks a box to begin. */
  start(wanted: NewEcg): Promise<Ecg>;
  stop(id: string): Promise<Ecg>;
  /** Declares lost what its gateway does not bring any more. */
  giveUp(id: string, reason: string): Promise<Ecg>;
  ofCase(id: string): Promise<Ecg[]>;
  list(box: "work" | "mine" | "past"): Promise<Ecg[]>;
  get(id: string): Promise<Ecg>;
  /** Which samples are stored, and which of them came late. */
  stretches(id: string): Promise<EpochStretches[]>;
  /** Whole frames that hold the samples `start` to before `end` of an epoch, as far as they are stored. */
  frames(id: string, epoch: number, start: number, end: number): Promise<Uint8Array>;
  /** The newest values that were measured beside it, from this moment of the gateway's clock on. */
  vitals(id: string, from_us: number): Promise<Vital[]>;
  /** What a file said besides the samples. */
  stated(id: string): Promise<Stated>;
  /** Brings in an ECG of another system. */
  bring(wanted: EcgToBring): Promise<Ecg>;
  /** The ECG as a file for other systems; `isNamed`: the patient is named in it. */
  export(id: string, format: ExportFormat, isNamed: boolean): Promise<{ name: string; content: Blob }>;
  /** The socket opens behind the answer; what watches and draws is fetched apart. */
  open(id: string): Promise<LiveEcg>;
}
