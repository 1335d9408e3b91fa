// A field that chooses one camera, microphone or speaker.

import { useId, useState, type ReactNode } from "react";
import type { MessageKey } from "../messages/speak";
import { Icon } from "./Icon";
import { useWorld } from "./world";

const LABELS: Readonly<Record<MediaDeviceKind, MessageKey>> = {
  videoinput: "device.camera",
  audioinput: "device.microphone",
  audiooutput: "device.speaker",
};

export function DeviceSelect(props: {
  kind: MediaDeviceKind;
  list: readonly MediaDeviceInfo[];
  chosen: string | null;
  onChoose: (deviceId: string) => void;
  side?: ReactNode;
}) {
  const { speak } = useWorld();
  const id = useId();
  const label = speak(LABELS[props.kind]);
  // Before permission browsers list devices without id and name: they cannot be chosen.
  const list = props.list.filter((one) => one.kind === props.kind && one.deviceId !== "");
  const isKnown = list.some((one) => one.deviceId === props.chosen);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="in-with">
        <select
          id={id}
          className="in compact"
          disabled={list.length === 0}
          value={isKnown ? (props.chosen ?? "") : (list[0]?.deviceId ?? "")}
          onChange={(event) => props.onChoose(event.target.value)}
        >
          {list.length === 0 && <option value="">{speak("device.default")}</option>}
          {list.map((one, index) => (
            <option key={one.deviceId} value={one.deviceId}>
              {one.label === "" ? speak("device.unnamed", { kind: label, n: index + 1 }) : one.label}
            </option>
          ))}
        </select>
        <span className="in-mark">
          <Icon name="down" size={16} />
        </span>
        {props.side}
      </div>
    </div>
  );
}

/** The speaker's field, with the button that makes it sound. */
export function SpeakerSelect(props: {
  list: readonly MediaDeviceInfo[];
  chosen: string | null;
  onChoose: (deviceId: string) => void;
}) {
  const { devices, speak } = useWorld();
  const [isRinging, setRinging] = useState(false);
  const ring = (): void => {
    setRinging(true);
    devices
      .playTone(props.chosen)
      .catch(() => undefined)
      .finally(() => setRinging(false));
  };
  const button = (
    <button type="button" className="btn" disabled={isRinging} onClick={ring}>
      {speak(isRinging ? "device.ringing" : "device.ring")}
    </button>
  );
  if (devices.canChooseSpeaker()) return <DeviceSelect kind="audiooutput" {...props} side={button} />;
  return (
    <div className="field">
      <span className="label">{speak("device.speaker")}</span>
      <div className="in-with">
        <span className="i2 sp">{speak("device.speakerFixed")}</span>
        {button}
      </div>
    </div>
  );
}
