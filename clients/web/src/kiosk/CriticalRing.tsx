// A critical value that a reader has marked: it rings at the kiosk, over every screen, until somebody says that it was
// heard. How long it has been ringing stands beside it.

import { useEffect, useEffectEvent, useState } from "react";
import { ring } from "../io/ring_sound";
import { waitedMs, type CriticalView } from "../protocol/ecg_report";
import { clock } from "../protocol/times";
import { useCalling } from "../ui/ecg_report/calling";
import { useActing, useNow } from "../ui/hooks";
import { momentWords } from "../ui/words";
import { useWorld } from "../ui/world";
import { Trouble } from "./pieces";

export function CriticalRing() {
  const { account } = useWorld();
  const { calling, reload } = useCalling();
  // Whoever stands at the kiosk is asked, not only those who are called by name: one of them must hear it.
  const shown = calling.filter((one) => one.marked_by !== account?.person);
  const first = shown[0];
  if (first === undefined) return null;
  return <Ringing key={first.id} one={first} others={shown.length - 1} onHeard={reload} />;
}

function Ringing({ one, others, onHeard }: { one: CriticalView; others: number; onHeard: () => void }) {
  const { speak, ecgReports, announce } = useWorld();
  const now_ms = useNow(1000);
  const act = useActing();
  const [isSilent, setSilent] = useState(false);
  const rung_ms = useEffectEvent(() => Math.max(0, Date.now() - one.marked_at_ms));
  useEffect(() => ring("emergency", () => rung_ms(), setSilent), []);
  const hear = (): void =>
    act.run(async () => {
      await ecgReports.noteHeard(one.ecg, "");
      announce(speak("kiosk.critical.heard"));
      onHeard();
    });
  return (
    <div className="k-critical" role="alertdialog" aria-label={speak("report.critical")}>
      <div>
        <p className="k-critical-head">
          <b>{speak("report.critical")}</b>
          <b role="timer">{clock(waitedMs(one, now_ms))}</b>
        </p>
        <p className="k-body">
          <b>{one.patient_name}</b> {one.ecg_serial}
        </p>
        <p>
          {speak("report.critical.markedBy", {
            name: one.marked_by_name,
            time: momentWords(one.marked_at_ms, speak),
          })}
          {others > 0 && ` ${speak("kiosk.critical.others", { count: others })}`}
          {isSilent && ` ${speak("kiosk.critical.silent")}`}
        </p>
        <Trouble failure={act.failure} />
      </div>
      <span className="sp" />
      <button type="button" className="k-btn act k-next" autoFocus aria-disabled={act.isBusy} onClick={hear}>
        {speak("report.critical.hear")}
      </button>
    </div>
  );
}
