// The stay in a case's room: entered once the case allows it, with a new token for each entry.

import { useEffect, useState, useSyncExternalStore } from "react";
import { ApiFailure, unreachable } from "../../protocol/api";
import { may, type Consultation } from "../../protocol/consultation";
import type { Meeting } from "../../io/ports";
import type { EnterChoices, MeetingView } from "../../protocol/meeting";
import { kept } from "../../io/preferences";
import { useWorld } from "../world";

export type Stay =
  | { kind: "none" }
  | { kind: "asking" }
  /** The host has not let the caller in yet. */
  | { kind: "waiting" }
  | { kind: "refused"; failure: ApiFailure }
  | { kind: "in"; meeting: Meeting };

export interface StayHandle {
  stay: Stay;
  /** Enters (again). */
  enter: () => void;
}

/** Cases of these states are entered by opening them; a signed one only by choice. */
const ENTERED_AT_ONCE = ["accepted", "active"];

const choices = (): EnterChoices => ({
  with_microphone: true,
  with_camera: true,
  microphone_id: kept("microphone"),
  camera_id: kept("camera"),
  speaker_id: kept("speaker"),
});

/** A page that does not come within this time (its part was not fetched) leaves nobody in a room unseen. */
const TAKEN_WITHIN_MS = 10_000;

/** The stay that the answer to a call has begun; the page of the case takes it over. One call is answered at a time. */
let begun: { id: string; meeting: Meeting } | null = null;

function takeBegun(id: string): Meeting | null {
  const taken = begun?.id === id ? begun.meeting : null;
  if (taken !== null) begun = null;
  return taken;
}

/**
 * Answers a call: `accept` takes the case while camera and microphone open, and the room is entered with its answer,
 * before the page of the case is there. Rejects as `accept` does; then nothing is left open.
 */
export function useAnswer(): (id: string, accept: () => Promise<unknown>) => Promise<void> {
  const { consultations, meetings } = useWorld();
  return async (id, accept) => {
    const accepted = accept();
    const token = accepted.then(() => consultations.enter(id));
    // Told by the meeting when it enters.
    token.catch(() => undefined);
    // Where the part that speaks with rooms does not come, the page of the case asks for it again, and says so.
    const opening = meetings.open(id, choices(), token).catch(() => null);
    void opening.then((meeting) => meeting?.prepare());
    try {
      await accepted;
    } catch (error) {
      void opening.then((meeting) => meeting?.leave());
      throw error;
    }
    const meeting = await opening;
    if (meeting === null) return;
    begun = { id, meeting };
    void meeting.enter();
    window.setTimeout(() => void takeBegun(id)?.leave(), TAKEN_WITHIN_MS);
  };
}

export function useStay(one: Consultation): StayHandle {
  const { consultations, meetings, account } = useWorld();
  const [round, setRound] = useState(() => (ENTERED_AT_ONCE.includes(one.state) ? 1 : 0));
  const [stay, setStay] = useState<Stay>({ kind: "none" });
  const isOpen = one.kind === "live" && may(one, "room");
  const ownPart = one.parties.find((party) => party.person === account?.person)?.state ?? "";
  // Being let in is a change of the own part: then the door is tried again.
  const key = stay.kind === "waiting" ? ownPart : "";
  useEffect(() => {
    if (!isOpen || round === 0) return;
    let isWanted = true;
    let meeting: Meeting | null = null;
    const enter = async (): Promise<void> => {
      try {
        meeting = takeBegun(one.id);
        if (meeting !== null) {
          setStay({ kind: "in", meeting });
          return;
        }
        const opened = await consultations.enter(one.id).then((token) => meetings.open(token.room, choices(), token));
        if (!isWanted) return;
        meeting = opened;
        setStay({ kind: "in", meeting });
        await meeting.enter();
      } catch (error) {
        if (!isWanted) return;
        const failure = error instanceof ApiFailure ? error : unreachable();
        setStay(failure.code === "room_waiting" ? { kind: "waiting" } : { kind: "refused", failure });
      }
    };
    void enter();
    return () => {
      isWanted = false;
      void meeting?.leave();
    };
    // `key` stands for the own part while waiting; a change of it elsewhere must not leave the room.
  }, [consultations, meetings, one.id, isOpen, round, key]);
  const isGone = !isOpen && stay.kind !== "none";
  if (isGone) setStay({ kind: "none" });
  return {
    stay: isOpen && round > 0 && stay.kind === "none" ? { kind: "asking" } : stay,
    enter: () => {
      setStay({ kind: "none" });
      setRound((n) => n + 1);
    },
  };
}

const nothing = (): (() => void) => () => undefined;

/** What a meeting looks like now; null without one. */
export function useMeetingView(meeting: Meeting | null): MeetingView | null {
  return useSyncExternalStore(
    meeting === null ? nothing : (onChange) => meeting.subscribe(onChange),
    () => meeting?.view() ?? null,
  );
}
