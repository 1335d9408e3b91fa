// One stay in a room over livekit-client: waits, listens, feeds the deciding modules and hands their view to the screen.

import {
  ConnectionError,
  ConnectionErrorReason,
  ConnectionQuality,
  ConnectionState,
  DisconnectReason,
  LogLevel,
  LocalTrackPublication,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  type LocalTrack,
  type Participant,
  type RemoteParticipant,
  type ScreenShareCaptureOptions,
  type TrackPublishOptions,
  type TrackPublication,
} from "livekit-client";
import type { ShownFrame } from "../ecg/follow";
import { ApiFailure } from "../protocol/api";
import { problemOf } from "../protocol/devices";
import { endingOf, type Ending } from "../protocol/ending";
import { LADDER_AT_START, levelOf, stepLadder, worst, type Ladder, type Level } from "../protocol/ladder";
import type {
  EnterChoices,
  EnterStep,
  Link,
  LinkQuality,
  MeetingView,
  OwnDevice,
  Person,
  Picture,
} from "../protocol/meeting";
import { LINK_WORD_LIFE_MS, receivedLinkWord, type LinkWord } from "../protocol/link_word";
import { RECEPTION_EVERY_MS, receptionReport, type ReceptionTotals } from "../protocol/reception_report";
import { waitBeforeTry } from "../protocol/reconnect";
import type { StageChoice } from "../protocol/stage";
import {
  EMPTY_MEMORY,
  freshness,
  measure,
  receivedReport,
  reportToSend,
  type Memory,
  type EcgReport,
  type TruthReport,
} from "../protocol/truth";
import { keepMediaPath } from "./media_path";
import type { Backend, Meeting } from "./ports";
import { sampleReceivers } from "./receivers";
import { ShownFrames } from "./shown_frames";

const TRUTH_TOPIC = "lianzhen.truth";
/** To the service alone, which keeps it as evidence. */
const RECEPTION_TOPIC = "lianzhen.received";
/** From the service alone. */
const LINK_TOPIC = "lianzhen.link";
const MEASURE_EVERY_MS = 1000;
/** A report is some 150 bytes; anything far above is not one. */
const REPORT_LIMIT_BYTES = 2000;

const QUALITY: ReadonlyMap<ConnectionQuality, LinkQuality> = new Map([
  [ConnectionQuality.Excellent, "good"],
  [ConnectionQuality.Good, "good"],
  [ConnectionQuality.Poor, "poor"],
  [ConnectionQuality.Lost, "lost"],
]);

const CHANGES = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.TrackStreamStateChanged,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.RecordingStatusChanged,
  RoomEvent.AudioPlaybackStatusChanged,
  RoomEvent.ActiveDeviceChanged,
  RoomEvent.MediaDevicesChanged,
] as const;

// livekit's own log lines carry names of rooms and people; a console is copied into tickets and mails.
setLogLevel(LogLevel.silent);

// The profile for reading: films, reports and text keep every line; movement may stutter (domain.md §2.3, ≥ 5 fps at 1080p).
const SHARP_FPS = 8;
const SHARP_CAPTURE: ScreenShareCaptureOptions = {
  resolution: { width: 1920, height: 1080, frameRate: SHARP_FPS },
  contentHint: "detail",
};
const SHARP_SENDING: TrackPublishOptions = {
  // A page of text at 1080p needs some 1.5 Mbit/s after a change; above 3 nothing becomes more legible.
  screenShareEncoding: { maxBitrate: 3_000_000, maxFramerate: SHARP_FPS },
  // One stream alone: a smaller layer of a page of text is a picture that nobody can read.
  simulcast: false,
  degradationPreference: "maintain-resolution",
};

type Device = "microphone" | "camera";

interface Heard {
  report: TruthReport;
  at_ms: number;
}

const OFF: OwnDevice = { is_on: false, is_busy: false, problem: null };

export class LiveMeeting implements Meeting {
  readonly #backend: Pick<Backend, "roomToken">;
  readonly #roomName: string;
  readonly #choices: EnterChoices;
  readonly #room: Room;
  readonly #listeners = new Set<() => void>();
  readonly #sent = new Set<{ topic: string; listener: (content: Uint8Array) => void }>();
  readonly #told = new Set<{ topic: string; listener: (text: string, from: string) => void }>();
  #view: MeetingView;
  #link: Link = "connecting";
  #step: EnterStep = "token";
  #tries = 0;
  #ending: Ending | null = null;
  #enteredAt_ms: number | null = null;
  #own: Record<"microphone" | "camera" | "screen", OwnDevice> = { microphone: OFF, camera: OFF, screen: OFF };
  #memory: Memory = EMPTY_MEMORY;
  #stopped: ReadonlyMap<string, number> = new Map();
  #ladder: Ladder = LADDER_AT_START;
  #worst: string | null = null;
  #heard = new Map<string, Heard>();
  #ecg: EcgReport | null = null;
  #linkWord: { word: LinkWord; at_ms: number } | null = null;
  #received: ReceptionTotals | null = null;
  #stage: StageChoice | null = null;
  readonly #shown = new ShownFrames();
  #timer: number | undefined;
  #unwatchPath: () => void = () => undefined;
  /** Devices that were opened before there was a room to send to. */
  readonly #opened = new Map<Device, Promise<LocalTrack>>();
  #sending: Promise<unknown> | null = null;

  constructor(backend: Pick<Backend, "roomToken">, room: string, choices: EnterChoices) {
    this.#backend = backend;
    this.#roomName = room;
    this.#choices = choices;
    this.#room = new Room({
      adaptiveStream: true,
      dynacast: true,
      reconnectPolicy: {
        nextRetryDelayInMs: ({ retryCount, elapsedMs }) => {
          this.#tries = retryCount + 1;
          this.#refresh();
          return waitBeforeTry(retryCount, elapsedMs);
        },
      },
      videoCaptureDefaults: {
        resolution: { width: 1280, height: 720, frameRate: 25 },
        ...(choices.camera_id === null ? {} : { deviceId: choices.camera_id }),
      },
      ...(choices.microphone_id === null ? {} : { audioCaptureDefaults: { deviceId: choices.microphone_id } }),
      ...(choices.speaker_id === null ? {} : { audioOutput: { deviceId: choices.speaker_id } }),
    });
    this.#view = this.#draw();
    this.#listen();
  }

  view(): MeetingView {
    return this.#view;
  }

  subscribe(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  prepare(): void {
    for (const device of this.#chosen()) void this.#open(device);
  }

  async enter(): Promise<void> {
    this.prepare();
    let token: string;
    try {
      ({ token } = await this.#backend.roomToken(this.#roomName));
    } catch (error) {
      const isRefusal = error instanceof ApiFailure && (error.status === 403 || error.status === 404);
      this.#end(isRefusal ? "not_admitted" : "link_lost");
      return;
    }
    this.#step = "signal";
    this.#refresh();
    try {
      await this.#room.connect(location.origin.replace(/^http/, "ws"), token, { maxRetries: 1 });
    } catch (error) {
      if (this.#ending === null) {
        const isRefusal = error instanceof ConnectionError && error.reason === ConnectionErrorReason.NotAllowed;
        this.#end(isRefusal ? "not_admitted" : "link_lost");
      }
      return;
    }
    this.#link = "connected";
    this.#enteredAt_ms = Date.now();
    this.#timer = window.setInterval(() => void this.#measure(), MEASURE_EVERY_MS);
    this.#unwatchPath = keepMediaPath(() => mediaConnection(this.#room));
    this.#refresh();
    await this.#sending;
  }

  async leave(): Promise<void> {
    this.#end("left");
    await this.#room.disconnect();
  }

  setMicrophone(isOn: boolean): Promise<void> {
    return this.#turn("microphone", isOn, () => this.#room.localParticipant.setMicrophoneEnabled(isOn));
  }

  setCamera(isOn: boolean): Promise<void> {
    return this.#turn("camera", isOn, () => this.#room.localParticipant.setCameraEnabled(isOn));
  }

  setScreen(isOn: boolean): Promise<void> {
    return this.#turn("screen", isOn, () =>
      this.#room.localParticipant.setScreenShareEnabled(isOn, SHARP_CAPTURE, SHARP_SENDING),
    );
  }

  async useDevice(kind: MediaDeviceKind, deviceId: string): Promise<void> {
    const device = kind === "audioinput" ? "microphone" : "camera";
    try {
      await this.#room.switchActiveDevice(kind, deviceId);
      if (kind !== "audiooutput") this.#own[device] = { ...this.#own[device], problem: null };
    } catch (error) {
      if (kind !== "audiooutput") this.#own[device] = { ...this.#own[device], problem: problemNamed(error) };
    }
    this.#refresh();
  }

  deviceInUse(kind: MediaDeviceKind): string | null {
    return this.#room.getActiveDevice(kind) ?? null;
  }

  async allowSound(): Promise<void> {
    await this.#room.startAudio();
    this.#refresh();
  }

  show(pictureKey: string, element: HTMLVideoElement): () => void {
    const track = this.#publications().find((one) => one.key === pictureKey)?.publication.track;
    if (track === undefined) return () => undefined;
    track.attach(element);
    const unwatch = this.#shown.watch(pictureKey, element);
    return () => {
      unwatch();
      track.detach(element);
    };
  }

  shownFrames(): readonly ShownFrame[] {
    const frames = this.#shown.all();
    const at = frames.findIndex(({ track }) => track === this.#stageKey());
    const [ofStage] = at < 0 ? [] : frames.splice(at, 1);
    return ofStage === undefined ? frames : [ofStage, ...frames];
  }

  setEcg(seen: EcgReport | null): void {
    this.#ecg = seen;
  }

  setStage(stage: StageChoice | null): void {
    this.#stage = stage;
  }

  async tell(topic: string, text: string, to?: string): Promise<void> {
    await this.#room.localParticipant.publishData(new TextEncoder().encode(text), {
      reliable: true,
      topic,
      ...(to === undefined ? {} : { destinationIdentities: [to] }),
    });
  }

  onTold(topic: string, listener: (text: string, from: string) => void): () => void {
    const told = { topic, listener };
    this.#told.add(told);
    return () => this.#told.delete(told);
  }

  onSent(topic: string, listener: (content: Uint8Array) => void): () => void {
    const sent = { topic, listener };
    this.#sent.add(sent);
    return () => this.#sent.delete(sent);
  }

  ownCamera(): MediaStreamTrack | null {
    const publication = this.#room.localParticipant.getTrackPublication(Track.Source.Camera);
    return publication === undefined || publication.isMuted ? null : (publication.track?.mediaStreamTrack ?? null);
  }

  #listen(): void {
    const room = this.#room;
    const refresh = (): void => this.#refresh();
    for (const change of CHANGES) room.on(change, refresh);
    room.on(RoomEvent.SignalConnected, () => {
      this.#step = "media";
      // The room takes tracks as soon as it answers: the link for media is made meanwhile.
      this.#sending ??= Promise.all(this.#chosen().map((device) => this.#send(device)));
      refresh();
    });
    room.on(RoomEvent.ConnectionStateChanged, (state) => {
      if (this.#ending !== null || this.#enteredAt_ms === null) return;
      if (state === ConnectionState.Connected) {
        this.#link = "connected";
        this.#tries = 0;
      } else if (state !== ConnectionState.Disconnected) {
        this.#link = "reconnecting";
        this.#tries = Math.max(1, this.#tries);
      }
      this.#climb(null);
      refresh();
    });
    room.on(RoomEvent.Disconnected, (reason?: DisconnectReason) => {
      // A refusal while entering is put into words by `enter`, which knows more.
      if (this.#enteredAt_ms === null && reason === undefined) return;
      this.#end(endingOf(reason));
    });
    room.on(RoomEvent.DataReceived, (payload, participant?: RemoteParticipant, _kind?: unknown, topic?: string) => {
      if (participant === undefined) {
        // From the service itself: what a participant sends never comes without its sender.
        for (const one of this.#sent) if (one.topic === topic) one.listener(payload);
        if (topic === LINK_TOPIC) this.#hearOfLink(payload);
        return;
      }
      if (payload.byteLength > REPORT_LIMIT_BYTES) return;
      const text = new TextDecoder().decode(payload);
      for (const one of this.#told) if (one.topic === topic) one.listener(text, participant.identity);
      if (topic !== TRUTH_TOPIC) return;
      const report = receivedReport(text);
      if (report !== null) this.#heard.set(participant.identity, { report, at_ms: performance.now() });
    });
    room.on(RoomEvent.TrackSubscribed, (track) => {
      // Sound needs an element of its own; pictures get theirs from the screen.
      if (track.kind === Track.Kind.Audio) document.body.append(track.attach());
    });
    room.on(RoomEvent.TrackUnsubscribed, (track) => {
      for (const element of track.detach()) if (track.kind === Track.Kind.Audio) element.remove();
    });
    room.on(RoomEvent.ParticipantDisconnected, (participant) => this.#heard.delete(participant.identity));
    // The browser's own button ends a share without asking the page.
    room.on(RoomEvent.LocalTrackUnpublished, (publication: LocalTrackPublication) => {
      if (publication.source === Track.Source.ScreenShare) this.#own.screen = OFF;
      refresh();
    });
  }

  #chosen(): Device[] {
    const { with_microphone, with_camera } = this.#choices;
    return [...(with_microphone ? (["microphone"] as const) : []), ...(with_camera ? (["camera"] as const) : [])];
  }

  #open(device: Device): Promise<LocalTrack> {
    const known = this.#opened.get(device);
    if (known !== undefined) return known;
    const own = this.#room.localParticipant;
    const opened = own.createTracks(device === "camera" ? { video: true } : { audio: true }).then(([track]) => {
      if (track === undefined) throw new DOMException("no track", "NotFoundError");
      return track;
    });
    // What went wrong is told when it is to be sent.
    opened.catch(() => undefined);
    this.#opened.set(device, opened);
    return opened;
  }

  #send(device: Device): Promise<void> {
    return this.#turn(device, true, async () => {
      const track = await this.#open(device);
      this.#opened.delete(device);
      try {
        await this.#room.localParticipant.publishTrack(track);
      } catch (error) {
        track.stop();
        throw error;
      }
    });
  }

  async #turn(device: "microphone" | "camera" | "screen", isOn: boolean, act: () => Promise<unknown>): Promise<void> {
    if (this.#own[device].is_busy) return;
    this.#own[device] = { ...this.#own[device], is_busy: true, problem: null };
    this.#refresh();
    try {
      await act();
      this.#own[device] = { is_on: isOn, is_busy: false, problem: null };
    } catch (error) {
      const problem = problemNamed(error);
      // Closing the browser's list of screens is a change of mind, not a fault.
      const isChangeOfMind = device === "screen" && problem === "refused";
      this.#own[device] = { is_on: false, is_busy: false, problem: isChangeOfMind ? null : problem };
    }
    this.#refresh();
  }

  async #measure(): Promise<void> {
    if (this.#link !== "connected") return;
    const { samples, totals } = await sampleReceivers(this.#room, this.#stage);
    const now_ms = performance.now();
    this.#tellReception({ ...totals, at_ms: now_ms });
    const { memory, report: received, stopped_since_ms } = measure(this.#memory, samples, now_ms);
    const report = { ...received, ...(this.#ecg === null ? {} : { ecg: this.#ecg }), ...this.#linkNow(now_ms) };
    this.#memory = memory;
    this.#stopped = stopped_since_ms;
    this.#heard.set(this.#room.localParticipant.identity, { report, at_ms: now_ms });
    this.#climb(report);
    this.#refresh();
    const bytes = new TextEncoder().encode(reportToSend(report));
    // Lossy by nature: a report that could not be sent is replaced by the next one in a second.
    await this.#room.localParticipant
      .publishData(bytes, { reliable: false, topic: TRUTH_TOPIC })
      .catch(() => undefined);
  }

  /** Reliable: on a bad link, where the record matters most, lossy data would be lost first. */
  #tellReception(totals: ReceptionTotals): void {
    const before = this.#received;
    // The first one tells of nothing but that this page speaks for itself, and wants to hear of its link.
    const isDue = before === null || totals.at_ms - before.at_ms >= RECEPTION_EVERY_MS - MEASURE_EVERY_MS / 2;
    if (!isDue) return;
    this.#received = totals;
    const report =
      before === null
        ? receptionReport({ ...totals, at_ms: totals.at_ms - MEASURE_EVERY_MS }, { ...totals, tracks: [] })
        : receptionReport(before, totals);
    if (report === null) return;
    const bytes = new TextEncoder().encode(report);
    const sending = this.#room.localParticipant.publishData(bytes, { reliable: true, topic: RECEPTION_TOPIC });
    sending.catch(() => undefined);
  }

  #hearOfLink(payload: Uint8Array): void {
    const word = receivedLinkWord(payload);
    if (word !== null) this.#linkWord = { word, at_ms: performance.now() };
  }

  #linkNow(now_ms: number): { link?: LinkWord } {
    const heard = this.#linkWord;
    const isSaid = heard !== null && heard.word.rung > 0 && now_ms - heard.at_ms <= LINK_WORD_LIFE_MS;
    return isSaid ? { link: heard.word } : {};
  }

  #climb(own: TruthReport | null): void {
    const now_ms = performance.now();
    if (this.#link === "reconnecting") {
      this.#worst = null;
      this.#ladder = stepLadder(this.#ladder, 5, now_ms);
      return;
    }
    const fresh = new Map<string, TruthReport>();
    for (const [identity, heard] of this.#heard) {
      if (freshness(heard.at_ms, now_ms).kind === "fresh") fresh.set(identity, heard.report);
    }
    const found = worst(fresh);
    const ownLevel: Level = own === null ? 0 : levelOf(own);
    this.#worst = found !== null && found.level > ownLevel ? found.identity : this.#room.localParticipant.identity;
    if (found === null) this.#worst = null;
    this.#ladder = stepLadder(this.#ladder, found?.level ?? 0, now_ms);
  }

  #end(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    this.#link = "ended";
    window.clearInterval(this.#timer);
    this.#unwatchPath();
    for (const opened of this.#opened.values()) {
      opened.then(
        (track) => track.stop(),
        () => undefined,
      );
    }
    this.#refresh();
  }

  #refresh(): void {
    this.#view = this.#draw();
    for (const listener of this.#listeners) listener();
  }

  #stageKey(): string | null {
    const stage = this.#stage;
    if (stage === null) return null;
    const source = stage.source === "screen" ? Track.Source.ScreenShare : Track.Source.Camera;
    const person = this.#room.getParticipantByIdentity(stage.identity);
    return person?.getTrackPublication(source)?.trackSid ?? null;
  }

  #publications(): { key: string; publication: TrackPublication }[] {
    const people: Participant[] = [this.#room.localParticipant, ...this.#room.remoteParticipants.values()];
    return people.flatMap((person) =>
      [...person.trackPublications.values()].map((publication) => ({ key: publication.trackSid, publication })),
    );
  }

  #picture(participant: Participant, source: Track.Source): Picture | null {
    const publication = participant.getTrackPublication(source);
    if (publication === undefined) return null;
    const isOwn = publication instanceof LocalTrackPublication;
    const since_ms = this.#stopped.get(publication.trackSid);
    const isHeld = !isOwn && publication.track?.streamState === Track.StreamState.Paused;
    return {
      key: publication.trackSid,
      state: publication.isMuted
        ? "off"
        : publication.track === undefined
          ? "waiting"
          : isHeld || (since_ms !== undefined && !isOwn)
            ? "stopped"
            : "live",
      is_held: isHeld,
      stopped_ms: since_ms === undefined ? 0 : performance.now() - since_ms,
      is_mirror: isOwn && source === Track.Source.Camera,
    };
  }

  #person(participant: Participant, isSelf: boolean): Person {
    const voice = participant.getTrackPublication(Track.Source.Microphone);
    const heard = this.#heard.get(participant.identity);
    return {
      identity: participant.identity,
      name: participant.name === undefined || participant.name === "" ? participant.identity : participant.name,
      place: participant.attributes["place"] ?? "",
      is_self: isSelf,
      is_speaking: participant.isSpeaking,
      is_muted: voice === undefined || voice.isMuted,
      camera: this.#picture(participant, Track.Source.Camera),
      screen: this.#picture(participant, Track.Source.ScreenShare),
      quality: QUALITY.get(participant.connectionQuality) ?? "unknown",
      report: heard?.report ?? null,
      report_age_ms:
        heard === undefined
          ? Date.now() - (participant.joinedAt?.getTime() ?? Date.now())
          : performance.now() - heard.at_ms,
    };
  }

  #draw(): MeetingView {
    const room = this.#room;
    const others = [...room.remoteParticipants.values()].map((one) => this.#person(one, false));
    const people = this.#enteredAt_ms === null ? [] : [...others, this.#person(room.localParticipant, true)];
    return {
      room: this.#roomName,
      link: this.#link,
      step: this.#step,
      tries: this.#tries,
      ending: this.#ending,
      entered_at_ms: this.#enteredAt_ms,
      people,
      is_recording: room.isRecording,
      is_sound_blocked: this.#link === "connected" && !room.canPlaybackAudio,
      microphone: this.#ownNow("microphone", Track.Source.Microphone),
      camera: this.#ownNow("camera", Track.Source.Camera),
      screen: this.#ownNow("screen", Track.Source.ScreenShare),
      level: this.#ladder.level,
      worst: people.find((person) => person.identity === this.#worst) ?? null,
    };
  }

  /** What is published decides whether a device is on: the server too can mute. */
  #ownNow(device: "microphone" | "camera" | "screen", source: Track.Source): OwnDevice {
    const publication = this.#room.localParticipant.getTrackPublication(source);
    return { ...this.#own[device], is_on: publication !== undefined && !publication.isMuted };
  }
}

/** livekit-client keeps its peer connection to itself; without it a page waits for the signalling's own time limits. */
function mediaConnection(room: Room): RTCPeerConnection | undefined {
  const transport = room.engine.pcManager?.publisher as { _pc?: RTCPeerConnection | null } | undefined;
  return transport?._pc ?? undefined;
}

function problemNamed(error: unknown): ReturnType<typeof problemOf> {
  return problemOf(error instanceof Error ? error.name : "");
}
