// What a person can do in a room, and the two places where the buttons stand: the panel and the dock under the thumb.

import { useState } from "react";
import type { Meeting } from "../io/ports";
import { ApiFailure, type RoomSummary } from "../protocol/api";
import type { MeetingView } from "../protocol/meeting";
import { problemKey } from "./ComputerCheck";
import { Icon, type IconName } from "./Icon";
import type { RoomDialog } from "./Room";
import { useWorld } from "./world";

export interface RoomActs {
  toggleMicrophone: () => void;
  toggleCamera: () => void;
  toggleScreen: () => void;
  canShareScreen: boolean;
  toggleRecording: () => void;
  mayRecord: boolean;
  isRecordingBusy: boolean;
  open: (dialog: RoomDialog) => void;
  leave: () => void;
  /** The last thing that went wrong, in words. */
  trouble: string | null;
  forgetTrouble: () => void;
}

export function useActs(
  meeting: Meeting,
  view: MeetingView,
  room: RoomSummary | null,
  open: (dialog: RoomDialog) => void,
  leave: () => void,
): RoomActs {
  const { backend, account, speak } = useWorld();
  const [isRecordingBusy, setRecordingBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [forgotten, setForgotten] = useState("");

  const toggleRecording = (): void => {
    if (isRecordingBusy) return;
    const wasRecording = view.is_recording;
    setRecordingBusy(true);
    setTrouble(null);
    (wasRecording ? backend.stopRecording(view.room) : backend.startRecording(view.room))
      .catch((error: unknown) => {
        const code = error instanceof ApiFailure ? error.code : "page";
        // Someone else was faster: what was asked for is so.
        if (code === "already_recording" || code === "not_recording") return;
        const words: Record<string, string> = {
          not_permitted: speak("m3.rec.notYou"),
          disk_full: speak("m3.rec.diskFull"),
          unreachable: speak("error.unreachable"),
          signed_out: speak("m3.signedOut"),
        };
        setTrouble(words[code] ?? speak(wasRecording ? "m3.rec.stopFailed" : "m3.rec.failed", { code }));
      })
      .finally(() => setRecordingBusy(false));
  };

  const deviceTrouble =
    view.microphone.problem !== null
      ? speak(problemKey("microphone", view.microphone.problem))
      : view.camera.problem !== null
        ? speak(problemKey("camera", view.camera.problem))
        : view.screen.problem !== null
          ? speak("device.screen.failed")
          : null;
  const shown = trouble ?? (deviceTrouble === forgotten ? null : deviceTrouble);

  return {
    toggleMicrophone: () => {
      setForgotten("");
      void meeting.setMicrophone(!view.microphone.is_on);
    },
    toggleCamera: () => {
      setForgotten("");
      void meeting.setCamera(!view.camera.is_on);
    },
    toggleScreen: () => {
      setForgotten("");
      void meeting.setScreen(!view.screen.is_on);
    },
    canShareScreen: typeof (navigator.mediaDevices as MediaDevices | undefined)?.getDisplayMedia === "function",
    toggleRecording,
    mayRecord: account?.may_record === true && room?.recording_policy !== "never",
    isRecordingBusy,
    open,
    leave,
    trouble: shown,
    forgetTrouble: () => {
      setTrouble(null);
      setForgotten(deviceTrouble ?? "");
    },
  };
}

function Act(props: {
  icon: IconName;
  label: string;
  onPress: () => void;
  isBusy?: boolean;
  /** Given for a switch: whether what it names is now in force. */
  isOn?: boolean;
  size?: number;
  kind?: string;
}) {
  return (
    <button
      type="button"
      className={`btn ${props.kind ?? ""} ${props.isOn === true ? "switched" : ""}`}
      aria-pressed={props.isOn}
      disabled={props.isBusy === true}
      onClick={props.onPress}
    >
      <Icon name={props.icon} size={props.size ?? 22} />
      <span>{props.label}</span>
    </button>
  );
}

/** The buttons beside the strip. */
export function Tools({ acts, view }: { acts: RoomActs; view: MeetingView }) {
  const { speak } = useWorld();
  const { microphone, camera, screen } = view;
  return (
    <div className="pane tools" role="toolbar" aria-label={speak("m3.tools")}>
      <Act
        icon={microphone.is_on ? "mic" : "micOff"}
        label={speak(microphone.is_on ? "m3.mute" : "m3.unmute")}
        isOn={!microphone.is_on}
        isBusy={microphone.is_busy}
        onPress={acts.toggleMicrophone}
      />
      <Act
        icon={camera.is_on ? "cam" : "camOff"}
        label={speak(camera.is_on ? "m3.cameraOff" : "m3.cameraOn")}
        isOn={!camera.is_on}
        isBusy={camera.is_busy}
        onPress={acts.toggleCamera}
      />
      {acts.canShareScreen && (
        <Act
          icon={screen.is_on ? "shareOff" : "share"}
          label={speak(screen.is_on ? "m3.unshare" : "m3.share")}
          isOn={screen.is_on}
          isBusy={screen.is_busy}
          onPress={acts.toggleScreen}
        />
      )}
      {acts.mayRecord && (
        <Act
          icon={view.is_recording ? "stop" : "record"}
          label={speak(view.is_recording ? "m3.recordStop" : "m3.record")}
          isBusy={acts.isRecordingBusy || view.link !== "connected"}
          kind={view.is_recording ? "" : "rec-act"}
          onPress={acts.toggleRecording}
        />
      )}
      <Act icon="people" label={speak("m3.invite")} onPress={() => acts.open("invite")} />
      <Act icon="gear" label={speak("m3.devices")} onPress={() => acts.open("devices")} />
    </div>
  );
}

/** The four buttons under the thumb. */
export function Dock({ acts, view }: { acts: RoomActs; view: MeetingView }) {
  const { speak } = useWorld();
  const { microphone, camera } = view;
  return (
    <div className="dock" role="toolbar" aria-label={speak("m3.tools")}>
      <Act
        icon={microphone.is_on ? "mic" : "micOff"}
        label={speak(microphone.is_on ? "m3.mute" : "m3.unmute")}
        isOn={!microphone.is_on}
        isBusy={microphone.is_busy}
        size={28}
        onPress={acts.toggleMicrophone}
      />
      <Act
        icon={camera.is_on ? "cam" : "camOff"}
        label={speak(camera.is_on ? "m3.cameraOff" : "m3.cameraOn")}
        isOn={!camera.is_on}
        isBusy={camera.is_busy}
        size={28}
        onPress={acts.toggleCamera}
      />
      <Act icon="flag" label={speak("m3.noteTitle")} size={28} onPress={() => acts.open("mark")} />
      <Act icon="end" label={speak("m3.leave")} size={28} kind="strong" onPress={acts.leave} />
    </div>
  );
}
