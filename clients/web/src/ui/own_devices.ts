// The person's own camera, microphone and speaker before entering: open, listed, chosen and remembered.

import { useEffect, useEffectEvent, useState } from "react";
import type { DeviceProblem } from "../protocol/devices";
import { keep, kept } from "../io/preferences";
import { useWorld } from "./world";

export interface OwnStream {
  stream: MediaStream | null;
  problem: DeviceProblem | null;
  isOpening: boolean;
}

const CLOSED: OwnStream = { stream: null, problem: null, isOpening: false };

/** Holds a device open while `isWanted`, and opens it anew when the choice changes. */
export function useOwnStream(kind: "camera" | "microphone", deviceId: string | null, isWanted: boolean): OwnStream {
  const { devices } = useWorld();
  const [own, setOwn] = useState<OwnStream>({ ...CLOSED, isOpening: true });
  useEffect(() => {
    if (!isWanted) return;
    let isCurrent = true;
    let opened: MediaStream | null = null;
    const close = (stream: MediaStream | null): void => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    void (kind === "camera" ? devices.openCamera(deviceId) : devices.openMicrophone(deviceId)).then((answer) => {
      if (!isCurrent) {
        close(answer.stream);
        return;
      }
      opened = answer.stream;
      setOwn({ ...answer, isOpening: false });
    });
    return () => {
      isCurrent = false;
      close(opened);
      setOwn({ ...CLOSED, isOpening: true });
    };
  }, [devices, kind, deviceId, isWanted]);
  return isWanted ? own : CLOSED;
}

/** The lit bars of a stream's loudness. */
export function useLevel(stream: MediaStream | null): number {
  const { devices } = useWorld();
  const [bars, setBars] = useState(0);
  useEffect(() => {
    if (stream === null) return;
    const stop = devices.watchLevel(stream, setBars);
    return () => {
      stop();
      setBars(0);
    };
  }, [devices, stream]);
  return bars;
}

/** The devices of this computer; listed anew when one is plugged in and when `key` changes (names come with permission). */
export function useDeviceList(key: unknown): readonly MediaDeviceInfo[] {
  const { devices } = useWorld();
  const [list, setList] = useState<readonly MediaDeviceInfo[]>([]);
  const read = useEffectEvent((isWanted: () => boolean) => {
    void devices.list().then((found) => {
      if (isWanted()) setList(found);
    });
  });
  useEffect(() => {
    let isCurrent = true;
    const again = (): void => read(() => isCurrent);
    again();
    const stop = devices.onChange(again);
    return () => {
      isCurrent = false;
      stop();
    };
  }, [devices, key]);
  return list;
}

/** A device choice that this browser remembers. */
export function useKeptDevice(
  which: "camera" | "microphone" | "speaker",
): [string | null, (id: string | null) => void] {
  const [id, setId] = useState<string | null>(() => kept(which));
  return [
    id,
    (next) => {
      keep(which, next);
      setId(next);
    },
  ];
}
