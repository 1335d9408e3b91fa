// What opens beside a room: devices, the address to send, a mark, more (on the phone), and the state of recording.

import { useRef, useState } from "react";
import { keep, kept, type Preference } from "../io/preferences";
import type { Meeting } from "../io/ports";
import type { MeetingView } from "../protocol/meeting";
import { hashOf } from "../protocol/route";
import { DeviceSelect, SpeakerSelect } from "./DeviceSelect";
import { Icon } from "./Icon";
import { usePhone } from "./hooks";
import { NoteField } from "./Notes";
import { useDeviceList } from "./own_devices";
import { Dialog } from "./pieces";
import type { RoomDialog } from "./Room";
import type { RoomActs } from "./RoomActs";
import { Settings } from "./Top";
import { useWorld } from "./world";

const KEPT_AS: Readonly<Record<MediaDeviceKind, Preference>> = {
  videoinput: "camera",
  audioinput: "microphone",
  audiooutput: "speaker",
};

export function DevicesDialog({
  meeting,
  view,
  onClose,
}: {
  meeting: Meeting;
  view: MeetingView;
  onClose: () => void;
}) {
  const { speak } = useWorld();
  const list = useDeviceList(`${view.camera.is_on} ${view.microphone.is_on}`);
  const [chosen, setChosen] = useState<Partial<Record<MediaDeviceKind, string>>>({});
  const inUse = (kind: MediaDeviceKind): string | null =>
    chosen[kind] ?? meeting.deviceInUse(kind) ?? kept(KEPT_AS[kind]);
  const choose = (kind: MediaDeviceKind) => (deviceId: string) => {
    keep(KEPT_AS[kind], deviceId);
    setChosen((before) => ({ ...before, [kind]: deviceId }));
    void meeting.useDevice(kind, deviceId);
  };
  return (
    <Dialog title={speak("device.title")} onClose={onClose}>
      <DeviceSelect kind="videoinput" list={list} chosen={inUse("videoinput")} onChoose={choose("videoinput")} />
      <DeviceSelect kind="audioinput" list={list} chosen={inUse("audioinput")} onChoose={choose("audioinput")} />
      <SpeakerSelect list={list} chosen={inUse("audiooutput")} onChoose={choose("audiooutput")} />
      <Settings />
    </Dialog>
  );
}

export function InviteDialog({ room, onClose }: { room: string; onClose: () => void }) {
  const { speak, announce } = useWorld();
  const address = `${location.origin}${location.pathname}${hashOf({ screen: "rooms", room })}`;
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const copied = (): void => {
    setCopied(true);
    announce(speak("m3.copied"));
  };
  const copy = (): void => {
    // Pages that are neither https nor localhost have no clipboard: the address is then selected, to be copied by hand.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    const byHand = (): void => field.current?.select();
    if (clipboard === undefined) byHand();
    else clipboard.writeText(address).then(copied, byHand);
  };
  return (
    <Dialog title={speak("m3.inviteTitle")} onClose={onClose}>
      <p className="i2">{speak("m3.inviteMore")}</p>
      <div className="note-form">
        <input
          ref={field}
          className="in"
          readOnly
          value={address}
          aria-label={speak("m3.copy")}
          onFocus={(event) => event.target.select()}
        />
        <button type="button" className="btn act" autoFocus onClick={copy}>
          {speak("m3.copy")}
        </button>
      </div>
      {isCopied && (
        <p className="done" role="status">
          <Icon name="check" size={18} weight={2.4} />
          {speak("m3.copied")}
        </p>
      )}
    </Dialog>
  );
}

export function MarkDialog({ view, onClose }: { view: MeetingView; onClose: () => void }) {
  const { speak } = useWorld();
  return (
    <Dialog title={speak("m3.noteTitle")} onClose={onClose}>
      <NoteField room={view.room} isRecording={view.is_recording} autoFocus onSaved={onClose} />
    </Dialog>
  );
}

/** On the phone: what has no place in the dock. */
export function MoreDialog(props: {
  acts: RoomActs;
  view: MeetingView;
  onClose: () => void;
  onOpen: (dialog: RoomDialog) => void;
}) {
  const { speak } = useWorld();
  const { acts, view } = props;
  return (
    <Dialog title={speak("m3.more")} onClose={props.onClose}>
      <div className="more">
        {acts.mayRecord && (
          <button
            type="button"
            className={view.is_recording ? "btn full" : "btn full rec-act"}
            disabled={acts.isRecordingBusy}
            onClick={() => {
              acts.toggleRecording();
              props.onClose();
            }}
          >
            <Icon name={view.is_recording ? "stop" : "record"} />
            {speak(view.is_recording ? "m3.recordStop" : "m3.record")}
          </button>
        )}
        {acts.canShareScreen && (
          <button
            type="button"
            className="btn full"
            onClick={() => {
              acts.toggleScreen();
              props.onClose();
            }}
          >
            <Icon name={view.screen.is_on ? "shareOff" : "share"} />
            {speak(view.screen.is_on ? "m3.unshare" : "m3.share")}
          </button>
        )}
        <button type="button" className="btn full" onClick={() => props.onOpen("invite")}>
          <Icon name="people" />
          {speak("m3.invite")}
        </button>
        <button type="button" className="btn full" onClick={() => props.onOpen("devices")}>
          <Icon name="gear" />
          {speak("m3.devices")}
        </button>
      </div>
    </Dialog>
  );
}

/** The state of recording in words, and the button for those who may. */
export function RecordingDialog(props: {
  acts: RoomActs;
  view: MeetingView;
  policy: "on_request" | "never";
  mayRecord: boolean;
  onClose: () => void;
}) {
  const { speak } = useWorld();
  const isPhone = usePhone();
  const { acts, view } = props;
  const state = view.is_recording ? "m3.rec.onMorePlain" : props.policy === "never" ? "m3.rec.never" : "m3.rec.offMore";
  return (
    <Dialog title={speak("m3.rec.title")} onClose={props.onClose}>
      <p>{speak(state)}</p>
      {props.policy !== "never" &&
        (props.mayRecord ? (
          <button
            type="button"
            className={view.is_recording ? "btn full" : "btn full rec-act"}
            disabled={acts.isRecordingBusy || view.link !== "connected"}
            onClick={() => {
              acts.toggleRecording();
              if (isPhone) props.onClose();
            }}
          >
            <Icon name={view.is_recording ? "stop" : "record"} />
            {speak(view.is_recording ? "m3.recordStop" : "m3.record")}
          </button>
        ) : (
          <p className="i2">{speak("m3.rec.notYou")}</p>
        ))}
    </Dialog>
  );
}
