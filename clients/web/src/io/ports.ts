// What the screens need from the world, as interfaces: real ones are joined to them in main.tsx, others in the mock.

import type {
  DemoAccount,
  Push,
  RecordingDetail,
  RecordingSummary,
  RoomEvent,
  RoomSummary,
  RoomToken,
  Verification,
} from "../protocol/api";
import type { ShownFrame } from "../ecg/follow";
import type { Account } from "../protocol/session";
import type { DeviceProblem } from "../protocol/devices";
import type { EnterChoices, MeetingView } from "../protocol/meeting";
import type { CaseTimeline } from "../protocol/replay";
import type { StageChoice } from "../protocol/stage";
import type { EcgReport } from "../protocol/truth";

/** Every call rejects with ApiFailure and nothing else. */
export interface Backend {
  session(): Promise<Account>;
  signIn(account: string, password: string): Promise<Account>;
  signOut(): Promise<void>;
  /** Empty when the service runs without demo data. */
  demoAccounts(): Promise<DemoAccount[]>;
  rooms(): Promise<RoomSummary[]>;
  roomToken(room: string): Promise<RoomToken>;
  startRecording(room: string): Promise<void>;
  stopRecording(room: string): Promise<void>;
  mark(room: string, text: string): Promise<void>;
  roomEvents(room: string, after: number): Promise<RoomEvent[]>;
  recordings(): Promise<RecordingSummary[]>;
  recording(id: string): Promise<RecordingDetail>;
  /** What happened in a case, as the reader's own ledger tells it. */
  caseTimeline(id: string): Promise<CaseTimeline>;
  verification(id: string): Promise<Verification>;
  /** One round trip to the service, in milliseconds. */
  roundTrip(): Promise<number>;
  /** Listens to pushes until the returned function is called; `onLink` says whether the socket is open. */
  watch(onPush: (push: Push) => void, onLink: (isOpen: boolean) => void): () => void;
}

/** One stay in one room. Views are immutable; a new one is made for each change. */
export interface Meeting {
  view(): MeetingView;
  subscribe(onChange: () => void): () => void;
  /** Opens camera and microphone as chosen, so that entering need not wait for them. Nothing is sent before. */
  prepare(): void;
  /** Enters; resolves when in the room or ended (the view says which). */
  enter(): Promise<void>;
  leave(): Promise<void>;
  setMicrophone(isOn: boolean): Promise<void>;
  setCamera(isOn: boolean): Promise<void>;
  setScreen(isOn: boolean): Promise<void>;
  useDevice(kind: MediaDeviceKind, deviceId: string): Promise<void>;
  deviceInUse(kind: MediaDeviceKind): string | null;
  /** Must be called from a click: lets the browser play sound. */
  allowSound(): Promise<void>;
  /** Shows a picture in an element until the returned function is called. */
  show(pictureKey: string, element: HTMLVideoElement): () => void;
  /** The frames of others' pictures that are on screen now, that of the stage first. */
  shownFrames(): readonly ShownFrame[];
  /** Says which picture is on the stage: the truth panel judges that one by its size. */
  setStage(stage: StageChoice | null): void;
  /** Says what this page sees of an ECG, for the truth panel; null where none is open. */
  setEcg(seen: EcgReport | null): void;
  /** Sends a short text to the other pages in the room (`to`: to that person's page alone), surely and in order. */
  tell(topic: string, text: string, to?: string): Promise<void>;
  /** Hands on what others tell under a topic, until the returned function is called. */
  onTold(topic: string, listener: (text: string, from: string) => void): () => void;
  /** Hands on what the service sends under a topic, bytes that may be lost, until the returned function is called. */
  onSent(topic: string, listener: (content: Uint8Array) => void): () => void;
  /** The page's own camera as it is sent; null while it sends none. */
  ownCamera(): MediaStreamTrack | null;
}

/** The way into rooms. What speaks with rooms is the largest part of the pages, and fetched by who enters one. */
export interface Meetings {
  /** Fetches that part before it is needed. If it does not come now, opening asks for it again. */
  prepare(): void;
  /**
   * Opens a stay; who brings a token (a guest the invitation's) or will have one need not ask the room's own door.
   * Rejects with ApiFailure where that part does not come.
   */
  open(room: string, choices: EnterChoices, token?: RoomToken | Promise<RoomToken>): Promise<Meeting>;
}

export interface Opened {
  stream: MediaStream | null;
  problem: DeviceProblem | null;
}

export interface Devices {
  /** False where the browser gives no devices at all (a page that is neither https nor localhost). */
  isAvailable(): boolean;
  list(): Promise<MediaDeviceInfo[]>;
  onChange(listener: () => void): () => void;
  openCamera(deviceId: string | null): Promise<Opened>;
  openMicrophone(deviceId: string | null): Promise<Opened>;
  /** Lit bars 0 to 7, a few times a second, until the returned function is called. */
  watchLevel(stream: MediaStream, onBars: (bars: number) => void): () => void;
  /** False where the browser cannot choose a speaker. */
  canChooseSpeaker(): boolean;
  playTone(speakerId: string | null): Promise<void>;
}
