// 心电诊断: its place; what it needs comes with the ECG box, and the page says so.

import { useTitle } from "../ui/hooks";
import { useWorld } from "../ui/world";
import { KioskIcon } from "./KioskIcon";
import { Bar } from "./pieces";

export function EcgPlace(props: { hasPatient: boolean; onBack: () => void; onAsk: () => void }) {
  const { speak } = useWorld();
  useTitle(speak("kiosk.ecg.title"));
  return (
    <>
      <Bar title={speak("kiosk.ecg.title")} onBack={props.onBack} />
      <main className="k-middle">
        <KioskIcon name="ecg" size={96} weight={1.2} />
        <h2 className="k-big">{speak("kiosk.ecg.lead")}</h2>
        <p className="k-body">{speak("kiosk.ecg.more")}</p>
      </main>
      <div className="k-acts">
        <span className="sp" />
        {props.hasPatient && (
          <button type="button" className="k-btn act k-next" onClick={props.onAsk}>
            {speak("kiosk.home.ask")}
          </button>
        )}
      </div>
    </>
  );
}
