// 心电诊断: an ECG of its own, without a consultation; taken here, read at the county.

import type { PatientLine } from "../io/kiosk_ports";
import { useTitle } from "../ui/hooks";
import { useWorld } from "../ui/world";
import { useTaking } from "./ecg_taking";
import { EcgAct, EcgRoom, GatewayWords } from "./EcgTaking";
import { EcgFileAct } from "./EcgFileAct";
import { KioskIcon } from "./KioskIcon";
import { Bar, patientWords, Trouble } from "./pieces";

export function EcgPlace(props: { patient: PatientLine | null; onBack: () => void; onAsk: () => void }) {
  const { speak } = useWorld();
  const { patient } = props;
  useTitle(speak("kiosk.ecg.title"));
  const taking = useTaking(patient?.id ?? null, null, "urgent");
  const more = patient === null ? {} : { more: patientWords(patient, speak) };
  return (
    <>
      <Bar title={speak("kiosk.ecg.title")} onBack={props.onBack} {...more} />
      {taking.ecg !== null ? (
        <main className="k-ecg">
          <EcgRoom taking={taking} />
        </main>
      ) : (
        <main className="k-middle">
          <KioskIcon name="ecg" size={96} weight={1.2} />
          <h2 className="k-big">{speak(patient === null ? "ecg.kiosk.lead.patient" : "ecg.kiosk.lead")}</h2>
          <p className="k-body">{speak("ecg.kiosk.leadMore")}</p>
          <GatewayWords taking={taking} />
          <Trouble failure={taking.failure} />
        </main>
      )}
      <div className="k-acts">
        <span className="sp" />
        {patient !== null && (
          <>
            <button type="button" className="k-btn" onClick={props.onAsk}>
              {speak("kiosk.home.ask")}
            </button>
            {!taking.isRunning && <EcgFileAct patient={patient.id} case_={null} urgency="urgent" className="" />}
            <EcgAct taking={taking} className="k-next" />
          </>
        )}
      </div>
    </>
  );
}
