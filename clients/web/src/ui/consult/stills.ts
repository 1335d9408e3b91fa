// Stills between the pages of a room: asking for one, and answering when one is asked for.

import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { Meeting } from "../../io/ports";
import { answerStills } from "../../io/still_service";
import { may, type Consultation } from "../../protocol/consultation";
import type { MeetingView } from "../../protocol/meeting";
import {
  receivedStill,
  stillToSend,
  STILL_LIMIT_MS,
  STILL_TOPIC,
  type StillAnswer,
} from "../../protocol/still_request";
import { useWorld } from "../world";

export interface Stills {
  canAsk: boolean;
  isAsking: boolean;
  /** Asks the one who is not the caller and has a camera; of several, who spoke last. */
  ask: () => void;
  /** Why the last one did not come, in words. */
  trouble: string | null;
  forget: () => void;
}

export function useStills(meeting: Meeting | null, one: Consultation, view: MeetingView | null): Stills {
  const { speak, consultations, announce } = useWorld();
  const [asked, setAsked] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const timer = useRef<number | undefined>(undefined);
  const mayWrite = may(one, "write");
  const others = view?.people.filter((person) => !person.is_self && person.camera !== null) ?? [];
  const target = others.find((person) => person.is_speaking) ?? others[0] ?? null;

  const end = (say: StillAnswer | "late"): void => {
    window.clearTimeout(timer.current);
    setAsked(null);
    if (say === "taken") announce(speak("s2.still.came"));
    else setTrouble(speak(`s2.still.${say}`));
  };
  const hear = useEffectEvent((text: string) => {
    const message = receivedStill(text);
    if (message !== null && message.say !== "please" && message.request === asked) end(message.say);
  });
  const tell = useEffectEvent(() => announce(speak("s2.still.tookYours"), true));
  useEffect(() => meeting?.onTold(STILL_TOPIC, (text) => hear(text)), [meeting]);
  useEffect(
    () => (meeting === null || !mayWrite ? undefined : answerStills(meeting, consultations, one.id, () => tell())),
    [meeting, mayWrite, consultations, one.id],
  );
  useEffect(() => () => window.clearTimeout(timer.current), []);

  return {
    canAsk: meeting !== null && view?.link === "connected" && target !== null && asked === null && mayWrite,
    isAsking: asked !== null,
    ask: () => {
      if (meeting === null || target === null || asked !== null) return;
      const request = crypto.randomUUID();
      setTrouble(null);
      setAsked(request);
      timer.current = window.setTimeout(() => end("late"), STILL_LIMIT_MS);
      meeting.tell(STILL_TOPIC, stillToSend({ say: "please", request }), target.identity).catch(() => end("late"));
    },
    trouble,
    forget: () => setTrouble(null),
  };
}
