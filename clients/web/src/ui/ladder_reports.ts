// Reports from a page in a case's room: which steps of the ladder it suffers.

import { useEffect, useMemo } from "react";
import { LadderReporter } from "../io/ladder_reporter";
import type { Meeting } from "../io/ports";
import { causeOf, type Seen } from "../protocol/ladder_report";
import { may, type Consultation } from "../protocol/consultation";
import type { MeetingView } from "../protocol/meeting";
import { useWorld } from "./world";

/** Why this page stands where it does. */
function causeIn(view: MeetingView | null): Seen["cause"] {
  const report = view?.people.find((person) => person.is_self)?.report ?? null;
  return report === null ? "see" : causeOf(report);
}

/** Tells the record which steps of the ladder this page suffers. */
export function useLadderReports(one: Consultation, meeting: Meeting | null, view: MeetingView | null): void {
  const { consultations } = useWorld();
  const cause = causeIn(view);
  const self = view?.people.find((person) => person.is_self) ?? null;
  const identity = self?.identity ?? null;
  const reporter = useMemo(
    () => (meeting === null || identity === null ? null : new LadderReporter(consultations, one.id, identity)),
    [consultations, meeting, one.id, identity],
  );
  useEffect(() => () => reporter?.close(), [reporter]);
  const isOwn = view?.worst?.is_self === true;
  const level = view?.level ?? 0;
  const mayWrite = may(one, "write");
  useEffect(() => {
    if (mayWrite) reporter?.see({ level, isOwn, cause });
  }, [reporter, level, isOwn, cause, mayWrite]);
}
