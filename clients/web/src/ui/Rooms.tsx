// M2: choosing a room and looking at oneself before going in.

import { useEffect, useEffectEvent, useRef } from "react";
import { titleIn, type RoomSummary } from "../protocol/api";
import type { EnterChoices } from "../protocol/meeting";
import { hashOf } from "../protocol/route";
import { asksForHelp } from "../protocol/screens";
import { timeOfDay } from "../protocol/times";
import { Problems } from "./ComputerCheck";
import { DeviceSelect, SpeakerSelect } from "./DeviceSelect";
import { Refused } from "./forms";
import { Icon } from "./Icon";
import { useActing, useLoaded, useNow, usePhone, useTitle } from "./hooks";
import { useDeviceList, useKeptDevice, useLevel, useOwnStream } from "./own_devices";
import { Failure, LevelMeter, Notice, OfflineBanner, RecordingDot, Skeleton } from "./pieces";
import { AccountMenu, Brand, Nav, NetworkChip, Top, WallClock } from "./Top";
import { useWorld } from "./world";

/** The list is read anew this often even without a push: people come and go, minutes pass. */
const READ_EVERY_MS = 15_000;

type Enter = (room: RoomSummary, choices: EnterChoices) => Promise<void>;

export function Rooms(props: { chosen: string | null; onEnter: Enter }) {
  const { account, backend, meetings, onPush, speak, language, network } = useWorld();
  useEffect(() => meetings.prepare(), [meetings]);
  useTitle(speak("nav.rooms"));
  const rooms = useLoaded("rooms", () => backend.rooms());
  const reload = useEffectEvent(rooms.reload);
  useEffect(() => {
    const stop = onPush((push) => {
      if (push.type !== "room_event") reload();
    });
    const timer = window.setInterval(() => reload(), READ_EVERY_MS);
    return () => {
      stop();
      window.clearInterval(timer);
    };
  }, [onPush]);
  const isOnline = network.round_trip_ms !== null;
  useEffect(() => {
    if (isOnline) reload();
  }, [isOnline]);

  const list = rooms.value;
  const chosen =
    list?.find((one) => one.room === props.chosen) ?? (props.chosen === null ? list?.[0] : undefined) ?? null;
  const short = language === "en" ? "en" : "zh";

  return (
    <div className="page">
      <Top>
        <Brand />
        <Nav current="rooms" />
        <span className="sp" />
        <NetworkChip />
        <AccountMenu />
        <WallClock />
      </Top>
      <OfflineBanner />
      <div className="two">
        <main className="rooms">
          <div className="row baseline">
            <h1>{speak("m2.title")}</h1>
            {list !== null && list.length > 0 && (
              <span className="i2">{speak("m2.count", { count: list.length })}</span>
            )}
            <span className="sp" />
            {asksForHelp(account?.roles ?? []) && (
              <a className="btn" href="/kiosk">
                {speak("m2.kiosk")}
              </a>
            )}
            {list !== null && rooms.failure !== null && rooms.loadedAt_ms !== null && (
              <span className="tag warn">
                {speak("m2.stale", { time: timeOfDay(new Date(rooms.loadedAt_ms), false) })}
              </span>
            )}
          </div>
          {list === null && rooms.failure !== null && (
            <Failure title={speak("m2.failed")} failure={rooms.failure} onRetry={rooms.reload} />
          )}
          {list === null && rooms.failure === null && rooms.isSlow && <Skeleton rows={4} />}
          {list?.length === 0 && <Notice title={speak("m2.empty")} more={speak("m2.emptyMore")} />}
          {list !== null && list.length > 0 && (
            <>
              {chosen === null && props.chosen !== null && (
                <Notice kind="warn" title={speak("m2.notYours", { room: props.chosen })} />
              )}
              <fieldset className="pane room-list">
                <legend className="unseen">{speak("m2.title")}</legend>
                {list.map((one) => (
                  <RoomRow key={one.room} room={one} title={one.title[short]} isChosen={one === chosen} />
                ))}
              </fieldset>
            </>
          )}
        </main>
        <JoinPane room={chosen} title={chosen === null ? "" : titleIn(chosen.title, short)} onEnter={props.onEnter} />
      </div>
    </div>
  );
}

function RoomRow({ room, title, isChosen }: { room: RoomSummary; title: string; isChosen: boolean }) {
  const { speak, account } = useWorld();
  const now_ms = useNow(30_000);
  const others = room.participants.filter((one) => one.identity !== account?.identity);
  const names = others.map((one) => one.name).join(speak("app.listComma"));
  const count = others.length;
  const minutes = room.opened_at_ms === null ? 0 : Math.max(0, Math.floor((now_ms - room.opened_at_ms) / 60_000));
  const presence =
    count === 0
      ? speak("m2.anytime")
      : count === 1
        ? speak("m2.waiting")
        : room.opened_at_ms === null
          ? speak("m2.present", { count })
          : speak("m2.presentOpen", { count, minutes });
  return (
    <label className={isChosen ? "rm on" : "rm"}>
      <input
        type="radio"
        name="room"
        className="ring"
        checked={isChosen}
        onChange={() => {
          location.replace(hashOf({ screen: "rooms", room: room.room }));
        }}
      />
      <b className="rm-title">{title}</b>
      <span className="rm-who i2">
        <span className="rm-names">{count === 0 ? speak("m2.nobody") : names}</span>
        <span className="nb">{presence}</span>
      </span>
      <span className="rm-rec">
        <RecordingDot isOn={room.is_recording}>
          {speak(room.is_recording ? "m2.rec.on" : room.recording_policy === "never" ? "m2.rec.never" : "m2.rec.off")}
        </RecordingDot>
      </span>
    </label>
  );
}

function JoinPane(props: { room: RoomSummary | null; title: string; onEnter: Enter }) {
  const { speak, network } = useWorld();
  const isPhone = usePhone();
  const act = useActing();
  const [cameraId, setCameraId] = useKeptDevice("camera");
  const [microphoneId, setMicrophoneId] = useKeptDevice("microphone");
  const [speakerId, setSpeakerId] = useKeptDevice("speaker");
  const camera = useOwnStream("camera", cameraId, true);
  const microphone = useOwnStream("microphone", microphoneId, true);
  const bars = useLevel(microphone.stream);
  const list = useDeviceList(camera.stream ?? microphone.stream);
  const picture = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (picture.current !== null) picture.current.srcObject = camera.stream;
  }, [camera.stream]);

  const { room } = props;
  const isOnline = network.round_trip_ms !== null || !network.is_known;
  const enter = (withMicrophone: boolean, withCamera: boolean): void => {
    if (room === null) return;
    const choices = {
      with_microphone: withMicrophone && microphone.problem === null,
      with_camera: withCamera && camera.problem === null,
      microphone_id: microphoneId,
      camera_id: cameraId,
      speaker_id: speakerId,
    };
    act.run(() => props.onEnter(room, choices));
  };
  const hasNothing = camera.problem !== null && microphone.problem !== null;

  return (
    <aside className="pane join">
      <div className="join-self">
        <div className={camera.problem === null ? "vid preview" : "vid preview off"}>
          <video ref={picture} className="mirror" autoPlay playsInline muted aria-label={speak("m2.onlyYou")} />
          {camera.stream === null && (
            <div className="vid-word">
              <Icon name="camOff" size={28} />
              <span>{speak(camera.isOpening ? "m2.opening" : "m2.cameraOff")}</span>
            </div>
          )}
          {camera.stream !== null && <span className="cap">{speak("m2.onlyYou")}</span>}
        </div>
        <div className="join-level">
          <div className="row">
            <Icon name={microphone.problem === null ? "mic" : "micOff"} size={18} />
            <span className="wide">{speak("device.microphone")}</span>
            <span className="sp" />
            <LevelMeter bars={bars} />
          </div>
          {microphone.problem === null && <p className="i2 narrow">{speak("m2.speak")}</p>}
        </div>
      </div>
      <Problems camera={camera.problem} microphone={microphone.problem} />
      {!isPhone && (
        <div className="join-devices">
          <DeviceSelect kind="videoinput" list={list} chosen={cameraId} onChoose={setCameraId} />
          <DeviceSelect kind="audioinput" list={list} chosen={microphoneId} onChoose={setMicrophoneId} />
          <SpeakerSelect list={list} chosen={speakerId} onChoose={setSpeakerId} />
        </div>
      )}
      <span className="sp" />
      <div className="join-acts">
        {room !== null && <RecordSentence room={room} />}
        <Refused failure={act.failure} />
        <button
          type="button"
          className="btn act big"
          disabled={room === null || !isOnline}
          onClick={() => enter(true, true)}
        >
          {room !== null && isOnline && <Icon name="enter" size={24} />}
          <span className="clip">
            {room === null
              ? speak("m2.choose")
              : !isOnline
                ? speak("m2.offline")
                : hasNothing
                  ? speak("m2.enterWithout")
                  : speak("m2.enter", { room: props.title })}
          </span>
        </button>
        {room !== null && !hasNothing && (
          <div className="join-ways">
            <button type="button" className="btn soft" disabled={!isOnline} onClick={() => enter(false, true)}>
              <Icon name="micOff" size={18} />
              {speak("m2.enterMuted")}
            </button>
            <button type="button" className="btn soft" disabled={!isOnline} onClick={() => enter(true, false)}>
              <Icon name="camOff" size={18} />
              {speak("m2.enterHidden")}
            </button>
          </div>
        )}
      </div>
    </aside>
  );
}

function RecordSentence({ room }: { room: RoomSummary }) {
  const { speak } = useWorld();
  if (room.is_recording) {
    return (
      <p className="record-line on">
        <span>
          <b>{speak("m2.willRecord")}</b>
          <span className="i2">{speak("m2.willRecordMore")}</span>
        </span>
      </p>
    );
  }
  if (room.recording_policy === "never") return <p className="record-line i2">{speak("m2.neverRecord")}</p>;
  return (
    <p className="record-line i2">
      <span>
        {speak("m2.mayRecord")}
        {speak("m2.mayRecordMore")}
      </span>
    </p>
  );
}
