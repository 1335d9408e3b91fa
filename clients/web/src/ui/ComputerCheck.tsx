// "This computer": whether camera, microphone, speaker and network are there, before they are needed.

import { useEffect, useState, type ReactNode } from "react";
import type { DeviceProblem } from "../protocol/devices";
import type { MessageKey } from "../messages/speak";
import { timeOfDay } from "../protocol/times";
import { Icon } from "./Icon";
import { LevelMeter } from "./pieces";
import { useWorld } from "./world";

type Found = Readonly<Record<"videoinput" | "audioinput" | "audiooutput", number>>;

type Mark = "good" | "warn" | "none" | "open";

function Check(props: { mark: Mark; label: string; children: ReactNode; side?: ReactNode }) {
  const { speak } = useWorld();
  return (
    <div className="chk">
      <span className="chk-mark">
        {props.mark === "good" && (
          <span className="chk-good" role="img" aria-label={speak("m1.state.good")}>
            <Icon name="check" weight={2.4} />
          </span>
        )}
        {props.mark === "warn" && <span className="tri" role="img" aria-label={speak("m1.state.warn")} />}
        {props.mark === "none" && <span className="chip-hatch" role="img" aria-label={speak("m1.state.none")} />}
        {props.mark === "open" && <span className="ring-mark" aria-hidden="true" />}
      </span>
      <span className="i2">{props.label}</span>
      <b>{props.children}</b>
      <span className="chk-side">{props.side}</span>
    </div>
  );
}

export function ComputerCheck() {
  const { devices, network, speak } = useWorld();
  const [found, setFound] = useState<Found | null>(null);
  const [height, setHeight] = useState<number | null>(null);
  const [bars, setBars] = useState<number | null>(null);
  const [hasHeard, setHeard] = useState(false);
  const [problem, setProblem] = useState<Partial<Record<"camera" | "microphone", DeviceProblem | null>>>({});
  const [round, setRound] = useState(0);
  const isAvailable = devices.isAvailable();

  useEffect(() => {
    let isWanted = true;
    const count = (): void => {
      void devices.list().then((list) => {
        const of = (kind: MediaDeviceKind): number => list.filter((one) => one.kind === kind).length;
        if (isWanted)
          setFound({ videoinput: of("videoinput"), audioinput: of("audioinput"), audiooutput: of("audiooutput") });
      });
    };
    count();
    const stop = devices.onChange(count);
    return () => {
      isWanted = false;
      stop();
    };
  }, [devices]);

  useEffect(() => {
    if (round === 0) return;
    let isWanted = true;
    let stopLevel: (() => void) | undefined;
    let sound: MediaStream | null = null;
    void devices.openCamera(null).then(({ stream, problem: camera }) => {
      const track = stream?.getVideoTracks()[0];
      if (isWanted) {
        setHeight(track?.getSettings().height ?? null);
        setProblem((before) => ({ ...before, camera }));
      }
      // One look is enough: the light of the camera must not stay on at a sign-in page.
      for (const one of stream?.getTracks() ?? []) one.stop();
    });
    void devices.openMicrophone(null).then(({ stream, problem: microphone }) => {
      sound = stream;
      if (!isWanted) {
        for (const one of stream?.getTracks() ?? []) one.stop();
        return;
      }
      setProblem((before) => ({ ...before, microphone }));
      if (stream === null) return;
      setBars(0);
      stopLevel = devices.watchLevel(stream, (lit) => {
        setBars(lit);
        if (lit > 1) setHeard(true);
      });
    });
    return () => {
      isWanted = false;
      stopLevel?.();
      for (const one of sound?.getTracks() ?? []) one.stop();
    };
  }, [round, devices]);

  const tryIt = (
    <button type="button" className="btn small" onClick={() => setRound(round + 1)}>
      {speak("m1.try")}
    </button>
  );
  const missing = speak(isAvailable ? "m1.none" : "m1.insecure");
  const hasCamera = found !== null && found.videoinput > 0;
  const hasMicrophone = found !== null && found.audioinput > 0;
  const cameraProblem = problem.camera ?? null;
  const microphoneProblem = problem.microphone ?? null;
  const reach = network.round_trip_ms;

  return (
    <div className="computer">
      <h2>{speak("m1.computer")}</h2>
      {found !== null && (
        <>
          <Check
            mark={
              !hasCamera ? "none" : cameraProblem !== null ? "warn" : problem.camera === undefined ? "open" : "good"
            }
            label={speak("m1.camera")}
            side={hasCamera && height === null ? tryIt : height === null ? null : speak("m1.justNow")}
          >
            {!hasCamera
              ? missing
              : cameraProblem !== null
                ? speak(problemKey("camera", cameraProblem))
                : problem.camera === undefined
                  ? speak("m1.notTried")
                  : height === null
                    ? speak("m1.works")
                    : speak("m1.worksAt", { height })}
          </Check>
          <Check
            mark={!hasMicrophone ? "none" : microphoneProblem !== null ? "warn" : hasHeard ? "good" : "open"}
            label={speak("m1.microphone")}
            side={bars === null ? hasMicrophone ? tryIt : null : <LevelMeter bars={bars} />}
          >
            {!hasMicrophone
              ? missing
              : microphoneProblem !== null
                ? speak(problemKey("microphone", microphoneProblem))
                : bars === null
                  ? speak("m1.notTried")
                  : speak(hasHeard ? "m1.sound" : "m1.quiet")}
          </Check>
        </>
      )}
      <Check
        mark="open"
        label={speak("m1.speaker")}
        side={
          <button type="button" className="btn small" onClick={() => void devices.playTone(null)}>
            {speak("m1.ring")}
          </button>
        }
      >
        {speak("m1.system")}
      </Check>
      <Check
        mark={!network.is_known ? "open" : reach === null ? "none" : "good"}
        label={speak("m1.network")}
        side={
          reach !== null
            ? speak("m1.justNow")
            : network.last_good_at_ms !== null && network.is_known
              ? speak("m1.lastReach", { time: timeOfDay(new Date(network.last_good_at_ms), false) })
              : null
        }
      >
        {!network.is_known
          ? speak("m1.checking")
          : reach === null
            ? speak("m1.unreach")
            : speak("m1.reach", { ms: Math.max(1, Math.round(reach)) })}
      </Check>
    </div>
  );
}

/** The sentence for a device that did not open. */
export function problemKey(device: "camera" | "microphone", problem: DeviceProblem): MessageKey {
  return problem === "insecure" ? "device.insecure" : `device.${device}.${problem}`;
}

/** Why camera and microphone did not open; a reason that holds for both is said once. */
export function Problems(props: { camera: DeviceProblem | null; microphone: DeviceProblem | null }) {
  const { speak } = useWorld();
  const keys = new Set([
    ...(props.camera === null ? [] : [problemKey("camera", props.camera)]),
    ...(props.microphone === null ? [] : [problemKey("microphone", props.microphone)]),
  ]);
  if (keys.size === 0) return null;
  return (
    <ul className="problems" role="status">
      {[...keys].map((key) => (
        <li key={key}>
          <span className="tri" aria-hidden="true" />
          <span>{speak(key)}</span>
        </li>
      ))}
    </ul>
  );
}
