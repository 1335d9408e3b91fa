// The buttons under the picture.

import type { MeetingView } from "../../protocol/meeting";
import { Icon, type IconName } from "../Icon";
import type { RoomActs } from "../RoomActs";
import { useWorld } from "../world";
import type { CaseDialog } from "./CasePage";
import type { Stills } from "./stills";

function Act(props: {
  icon: IconName;
  label: string;
  shortcut?: string;
  isOn?: boolean;
  isOff?: boolean;
  isStrong?: boolean;
  onPress: () => void;
}) {
  return (
    <button
      type="button"
      className={`btn ${props.isOn === true ? "switched" : ""} ${props.isStrong === true ? "strong" : ""}`}
      aria-pressed={props.isOn}
      aria-keyshortcuts={props.shortcut}
      title={props.shortcut}
      disabled={props.isOff}
      onClick={props.onPress}
    >
      <Icon name={props.icon} />
      <span>{props.label}</span>
    </button>
  );
}

export function CaseActs(props: {
  acts: RoomActs;
  view: MeetingView;
  stills: Stills;
  onOpinion: () => void;
  onDialog: (dialog: CaseDialog) => void;
}) {
  const { acts, view, stills } = props;
  const { speak } = useWorld();
  const { microphone, camera, screen } = view;
  return (
    <div className="case-acts" role="toolbar" aria-label={speak("m3.tools")}>
      <Act
        icon={microphone.is_on ? "mic" : "micOff"}
        label={speak(microphone.is_on ? "m3.mute" : "m3.unmute")}
        shortcut="N"
        isOn={!microphone.is_on}
        isOff={microphone.is_busy}
        onPress={acts.toggleMicrophone}
      />
      <Act
        icon={camera.is_on ? "cam" : "camOff"}
        label={speak(camera.is_on ? "m3.cameraOff" : "m3.cameraOn")}
        shortcut="V"
        isOn={!camera.is_on}
        isOff={camera.is_busy}
        onPress={acts.toggleCamera}
      />
      <Act
        icon="camera"
        label={speak(stills.isAsking ? "s2.still.asking" : "s2.still.ask")}
        shortcut="P"
        isOff={!stills.canAsk}
        onPress={stills.ask}
      />
      {acts.canShareScreen && (
        <Act
          icon={screen.is_on ? "shareOff" : "share"}
          label={speak(screen.is_on ? "m3.unshare" : "m3.share")}
          shortcut="H"
          isOn={screen.is_on}
          isOff={screen.is_busy}
          onPress={acts.toggleScreen}
        />
      )}
      <Act icon="gear" label={speak("m3.devices")} onPress={() => props.onDialog("devices")} />
      <Act icon="pen" label={speak("s2.write")} shortcut="O" isStrong onPress={props.onOpinion} />
    </div>
  );
}
