// The way in for someone without an account: an invitation, one button, and the room.

import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { titleIn, type News, type RoomSummary } from "../protocol/api";
import type { GuestEntry } from "../io/desk_ports";
import type { Backend, Meeting } from "../io/ports";
import { Problems } from "./ComputerCheck";
import { Refused } from "./forms";
import { Gate } from "./Gate";
import { Icon } from "./Icon";
import { useActing } from "./hooks";
import { useLevel, useOwnStream } from "./own_devices";
import { LevelMeter, Notice } from "./pieces";
import { Room } from "./Room";
import { useWorld, WorldContext, type World } from "./world";

interface Stay {
  entry: GuestEntry;
  meeting: Meeting;
  backend: Backend;
}

export function GuestDoor(props: { code: string; openGuestBackend: (token: string) => Backend }) {
  const { speak, meetings } = useWorld();
  const [stay, setStay] = useState<Stay | null>(null);
  const [isOver, setOver] = useState(false);
  useEffect(
    () => () => {
      void stay?.meeting.leave();
    },
    [stay],
  );
  const enter = async (entry: GuestEntry, hasMicrophone: boolean, hasCamera: boolean): Promise<void> => {
    const choices = {
      with_microphone: hasMicrophone,
      with_camera: hasCamera,
      microphone_id: null,
      camera_id: null,
      speaker_id: null,
    };
    const meeting = await meetings.open(entry.room, choices, entry);
    setStay({ entry, meeting, backend: props.openGuestBackend(entry.token) });
    void meeting.enter();
  };
  if (isOver) {
    return (
      <Gate title={speak("invite.over")}>
        <p className="i2">{speak("invite.overMore")}</p>
      </Gate>
    );
  }
  if (stay !== null) return <GuestRoom stay={stay} onLeave={() => setOver(true)} />;
  if (props.code === "") {
    return (
      <Gate title={speak("invite.title")}>
        <Notice kind="warn" title={speak("invite.noCode")} />
      </Gate>
    );
  }
  return <Threshold code={props.code} onEnter={enter} />;
}

function Threshold(props: {
  code: string;
  onEnter: (entry: GuestEntry, hasMicrophone: boolean, hasCamera: boolean) => Promise<void>;
}) {
  const { doors, meetings, speak } = useWorld();
  useEffect(() => meetings.prepare(), [meetings]);
  const act = useActing();
  const camera = useOwnStream("camera", null, true);
  const microphone = useOwnStream("microphone", null, true);
  const bars = useLevel(microphone.stream);
  const picture = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (picture.current !== null) picture.current.srcObject = camera.stream;
  }, [camera.stream]);
  const enter = (): void =>
    act.run(async () => {
      const entry = await doors.acceptInvitation(props.code);
      await props.onEnter(entry, microphone.problem === null, camera.problem === null);
    });
  return (
    <Gate title={speak("invite.title")} lead={speak("invite.lead")}>
      <div className="gate-form">
        <div className="vid preview">
          <video ref={picture} className="mirror" autoPlay playsInline muted aria-label={speak("m2.onlyYou")} />
          {camera.stream === null ? (
            <div className="vid-word">
              <Icon name="camOff" size={28} />
              <span>{speak(camera.isOpening ? "m2.opening" : "m2.cameraOff")}</span>
            </div>
          ) : (
            <span className="cap">{speak("m2.onlyYou")}</span>
          )}
        </div>
        <div className="row">
          <Icon name={microphone.problem === null ? "mic" : "micOff"} size={18} />
          <span className="i2">{speak("m2.speak")}</span>
          <span className="sp" />
          <LevelMeter bars={bars} />
        </div>
        <Problems camera={camera.problem} microphone={microphone.problem} />
        <p className="i2">{speak("invite.record")}</p>
        <Refused failure={act.failure} />
        <button type="button" className="btn act big" disabled={act.isBusy} onClick={enter}>
          <Icon name="enter" size={24} />
          {speak(act.isBusy ? "invite.entering" : "invite.enter")}
        </button>
        <p className="fine">{speak("invite.once")}</p>
      </div>
    </Gate>
  );
}

function GuestRoom({ stay, onLeave }: { stay: Stay; onLeave: () => void }) {
  const world = useWorld();
  const { speak, language } = world;
  const view = useSyncExternalStore(
    (onChange) => stay.meeting.subscribe(onChange),
    () => stay.meeting.view(),
  );
  const room: RoomSummary = {
    room: stay.entry.room,
    title: { zh: speak("invite.room"), en: speak("invite.room") },
    recording_policy: "on_request",
    is_recording: false,
    opened_at_ms: null,
    participants: [],
  };
  const listeners = useRef(new Set<(news: News) => void>());
  useEffect(
    () =>
      stay.backend.watch(
        () => undefined,
        () => {
          for (const listener of listeners.current) listener({ type: "reopened" });
        },
      ),
    [stay.backend],
  );
  const guestWorld = useMemo<World>(
    () => ({
      ...world,
      account: null,
      backend: stay.backend,
      onPush: (listener) => {
        const all = listeners.current;
        all.add(listener);
        return () => all.delete(listener);
      },
    }),
    [world, stay.backend],
  );
  const hasEnded = view.link === "ended";
  useEffect(() => {
    if (hasEnded) onLeave();
  }, [hasEnded, onLeave]);
  if (hasEnded) return null;
  return (
    <WorldContext value={guestWorld}>
      <Room
        meeting={stay.meeting}
        room={room}
        title={titleIn(room.title, language === "en" ? "en" : "zh")}
        onLeave={onLeave}
      />
    </WorldContext>
  );
}
