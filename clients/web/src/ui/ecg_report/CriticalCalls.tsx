// Critical values that call: over every page of who is called or has marked one, until somebody has heard it.

import { useEffect } from "react";
import { useCaseNews } from "../consult/cases";
import { useLoaded } from "../hooks";
import { useWorld } from "../world";
import { CriticalCall } from "./CriticalCall";
import "./report.css";

/** Of an ECG without a case nothing is pushed. */
const ASK_EVERY_MS = 5000;

export function CriticalCalls() {
  const { speak, ecgReports, account } = useWorld();
  const calling = useLoaded("critical values", () => ecgReports.calling());
  const { reload } = calling;
  useCaseNews(null, reload, { of: "criticalvalue" });
  useEffect(() => {
    const timer = window.setInterval(reload, ASK_EVERY_MS);
    return () => window.clearInterval(timer);
  }, [reload]);
  const isMine = (person: string): boolean => person === account?.person;
  const shown = (calling.value ?? []).filter((one) => one.is_called || isMine(one.marked_by));
  if (shown.length === 0) return null;
  return (
    <div className="critical-over" role="alert">
      {shown.map((one) => (
        <div key={one.id}>
          <b className="unseen">{speak("report.calling.title", { name: one.patient_name })}</b>
          <CriticalCall
            ecg={one.ecg}
            title={`${one.patient_name} ${one.ecg_serial}`}
            critical={one}
            allowed={isMine(one.marked_by) ? ["note_heard", "withdraw_critical"] : ["hear_critical"]}
            onChanged={reload}
          />
        </div>
      ))}
    </div>
  );
}
