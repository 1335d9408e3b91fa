// Who is large on the page: whose turn it is to speak, unless the one who watches has chosen.

import { useEffect, useState } from "react";
import type { Meeting } from "../io/ports";
import type { Person } from "../protocol/meeting";
import { chooseStage, NO_TURN, stepTurn, type Seat, type StageChoice, type Turn } from "../protocol/stage";
import { useEvery } from "./hooks";

/** How often the turn to speak is looked at; a quarter of the time it takes to change. */
const TURN_EVERY_MS = 300;

/** The stage over `people`, told to the meeting; `picked` is the choice of the one who watches. */
export function useStage(people: readonly Person[], meeting: Meeting) {
  const [picked, setPicked] = useState<StageChoice | null>(null);
  const [turn, setTurn] = useState<Turn>(NO_TURN);
  const seats: Seat[] = people.map((person) => ({
    identity: person.identity,
    is_self: person.is_self,
    has_screen: person.screen !== null && person.screen.state !== "off",
    is_speaking: person.is_speaking,
  }));
  useEvery(TURN_EVERY_MS, () => {
    const next = stepTurn(turn, seats, performance.now());
    if (next.identity !== turn.identity || next.rival !== turn.rival) setTurn(next);
  });
  const stage = chooseStage(seats, turn, picked);
  const identity = stage?.identity;
  const source = stage?.source;
  useEffect(() => {
    meeting.setStage(identity === undefined || source === undefined ? null : { identity, source });
  }, [meeting, identity, source]);
  return { stage, picked, setPicked };
}
