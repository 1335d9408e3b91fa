// Taking an ECG at the kiosk: which boxes there are, the ECG that runs for this patient, start and stop.

import { useEffect, useState } from "react";
import type { ApiFailure } from "../protocol/api";
import { ecgToShow, mayEcg, type Ecg, type EcgGateway } from "../protocol/ecg";
import type { Urgency } from "../protocol/consultation";
import { useActing, useLoaded } from "../ui/hooks";
import { useWorld } from "../ui/world";

/** A box that was just plugged in is seen soon enough, and an ECG that somebody else stopped. */
const ASK_EVERY_MS = 4000;

export interface Taking {
  /** Null before the first answer. */
  readonly gateways: readonly EcgGateway[] | null;
  /** The box that would be used: the first that is connected, else the first. */
  readonly gateway: EcgGateway | null;
  /** The one that runs, or that has just ended here. */
  readonly ecg: Ecg | null;
  readonly isRunning: boolean;
  readonly mayStop: boolean;
  readonly isBusy: boolean;
  readonly failure: ApiFailure | null;
  start: () => void;
  stop: () => void;
}

/** `case_` null: an ECG of its own, without a consultation. */
export function useTaking(patient: string | null, case_: string | null, urgency: Urgency): Taking {
  const { ecgs } = useWorld();
  const act = useActing();
  const [own, setOwn] = useState<Ecg | null>(null);
  const gateways = useLoaded("ecg gateways", () => ecgs.gateways());
  const known = useLoaded(`ecgs taking ${case_ ?? ""} ${patient ?? ""}`, async () => {
    if (case_ !== null) return ecgs.ofCase(case_);
    if (patient === null) return [];
    const mine = await ecgs.list("mine");
    // Only what still runs: an older ECG of the patient is not the one that is being taken.
    return mine.filter((one) => one.patient.id === patient && one.case === "" && one.state !== "ended");
  });
  const { reload: askGateways } = gateways;
  const { reload: askKnown } = known;
  useEffect(() => {
    const timer = window.setInterval(() => {
      askGateways();
      askKnown();
    }, ASK_EVERY_MS);
    return () => window.clearInterval(timer);
  }, [askGateways, askKnown]);
  const shown = ecgToShow(known.value ?? []);
  const ecg = newerOf(own, known.value ?? []) ?? shown;
  const isRunning = ecg !== null && ecg.state !== "ended";
  const boxes = gateways.value;
  const gateway = boxes?.find((one) => one.is_connected) ?? boxes?.[0] ?? null;
  return {
    gateways: boxes,
    gateway,
    ecg,
    isRunning,
    mayStop: ecg !== null && mayEcg(ecg, "stop"),
    isBusy: act.isBusy,
    failure: act.failure ?? gateways.failure,
    start: () => {
      if (patient === null) return;
      act.run(async () => {
        setOwn(await ecgs.start({ device: gateway?.device ?? null, patient, case: case_, urgency }));
        askKnown();
      });
    },
    stop: () => {
      if (ecg === null) return;
      act.run(async () => {
        setOwn(await ecgs.stop(ecg.id));
        askKnown();
      });
    },
  };
}

/** One's own as the service knows it now; what one has just done oneself is newer than a list that was asked before. */
function newerOf(own: Ecg | null, known: readonly Ecg[]): Ecg | null {
  if (own === null) return null;
  const told = known.find((one) => one.id === own.id);
  return told === undefined || own.state === "ended" ? own : told;
}
