// What no reader may overlook: an ECG that is for monitoring only, or of two devices.

import type { Ecg, EcgDescriptor } from "../../protocol/ecg";
import { useWorld } from "../world";

/** `differs`: a second device sends the same ECG. */
export function EcgWarnings(props: { ecg: Ecg; descriptor: EcgDescriptor; differs: boolean }) {
  const { speak } = useWorld();
  const { ecg, descriptor } = props;
  return (
    <>
      {!ecg.is_diagnostic && (
        <p className="ecg-strip">
          <span className="tri" aria-hidden="true" />
          <b>{speak("ecg.monitorOnly")}</b>
          <span>{speak("ecg.monitorWhy", { hz: descriptor.rate_hz, step: descriptor.resolution_nv / 1000 })}</span>
        </p>
      )}
      {props.differs && (
        <p className="ecg-strip" role="alert">
          <span className="tri" aria-hidden="true" />
          <b>{speak("ecg.differs")}</b>
        </p>
      )}
    </>
  );
}
