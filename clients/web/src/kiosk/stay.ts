// The kiosk's stay in the room of its case: everything that needs nobody's leave is ready before the call is answered.

import { useEffect, useMemo, useState } from "react";
import type { Meeting } from "../io/ports";
import { useKeptDevice } from "../ui/own_devices";
import { useKiosk } from "./reach";

export interface CallStay {
  /** Null while the part of the page that speaks with rooms is on its way. */
  meeting: Meeting | null;
  /** That part did not come. */
  isLost: boolean;
  isHungUp: boolean;
  hangUp: () => void;
  again: () => void;
}

/**
 * Holds a stay while `isNear`: camera and microphone are opened for it at once, and the room is entered as soon as the
 * service lets the kiosk in (`mayEnter`). Whatever ends it (another screen, a closed page), the room is told.
 */
export function useCallStay(id: string, isNear: boolean, mayEnter: boolean): CallStay {
  const { openCall } = useKiosk();
  const [cameraId] = useKeptDevice("camera");
  const [microphoneId] = useKeptDevice("microphone");
  const [speakerId] = useKeptDevice("speaker");
  const [meeting, setMeeting] = useState<Meeting | null>(null);
  const [isLost, setLost] = useState(false);
  const [isHungUp, setHungUp] = useState(false);
  const [round, setRound] = useState(0);
  const choices = useMemo(
    () => ({
      with_microphone: true,
      with_camera: true,
      microphone_id: microphoneId,
      camera_id: cameraId,
      speaker_id: speakerId,
    }),
    [microphoneId, cameraId, speakerId],
  );
  const isWanted = isNear && !isHungUp;
  useEffect(() => {
    if (!isWanted) return;
    let isCurrent = true;
    let stay: Meeting | null = null;
    openCall(id, choices).then(
      (opened) => {
        if (!isCurrent) return;
        stay = opened;
        opened.prepare();
        setMeeting(opened);
      },
      () => {
        if (isCurrent) setLost(true);
      },
    );
    return () => {
      isCurrent = false;
      void stay?.leave();
      setMeeting(null);
      setLost(false);
    };
  }, [openCall, id, choices, round, isWanted]);
  const again = (): void => {
    setRound((n) => n + 1);
    setHungUp(false);
  };
  useEffect(() => {
    if (meeting === null || !mayEnter) return;
    void meeting.enter();
    return () => {
      // A case that is handed to another rings once more: its room is left and entered anew, with a new token.
      void meeting.leave();
      setRound((n) => n + 1);
    };
  }, [meeting, mayEnter]);
  return { meeting, isLost, isHungUp, hangUp: () => setHungUp(true), again };
}
