// Critical values that call: over every page of who is called or has marked one, until somebody has heard it.

import { useWorld } from "../world";
import { CriticalCall } from "./CriticalCall";
import { useCalling } from "./calling";
import "./report.css";

export function CriticalCalls() {
  const { speak, account } = useWorld();
  const { calling, reload } = useCalling();
  const isMine = (person: string): boolean => person === account?.person;
  const shown = calling.filter((one) => one.is_called || isMine(one.marked_by));
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
