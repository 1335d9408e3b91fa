// The sheet on which files are chosen; fetched when somebody wants it.

import { URGENCIES, type Urgency } from "../protocol/consultation";
import { clock } from "../protocol/times";
import { FilesChoice, useFiles } from "../ui/ecg/EcgFiles";
import { useWorld } from "../ui/world";
import { Choice, Sheet, Trouble } from "./pieces";

export interface FileAct {
  patient: string;
  /** Null: an ECG of its own. */
  case_: string | null;
  urgency: Urgency;
}

export function EcgFileSheet(props: FileAct & { onClose: () => void }) {
  const { speak } = useWorld();
  const hand = useFiles(props.patient, props.case_, props.urgency, () => undefined);
  const { brought } = hand;
  return (
    <Sheet title={speak("ecg.files.bring")} onClose={props.onClose}>
      {brought !== null ? (
        <p className="k-body" role="status">
          {speak("ecg.files.brought", { serial: brought.serial, time: clock(brought.duration_ms) })}
        </p>
      ) : (
        <>
          <FilesChoice hand={hand} button="k-btn" />
          {props.case_ === null && (
            <div className="k-row k-urgency" role="group" aria-label={speak("ecg.files.urgency")}>
              <span className="i2">{speak("ecg.files.urgency")}</span>
              {URGENCIES.map((one) => (
                <Choice key={one} isOn={hand.urgency === one} onChoose={() => hand.setUrgency(one)}>
                  {speak(`case.word.urgency.${one}`)}
                </Choice>
              ))}
            </div>
          )}
          <Trouble failure={hand.failure} />
        </>
      )}
      <div className="k-row end">
        {brought === null ? (
          <button
            type="button"
            className={hand.send === null ? "k-btn k-next locked" : "k-btn act k-next"}
            aria-disabled={hand.send === null}
            onClick={() => hand.send?.()}
          >
            {speak(hand.isBusy ? "ecg.files.sending" : "ecg.files.send")}
          </button>
        ) : (
          <button type="button" className="k-btn act k-next" onClick={props.onClose}>
            {speak("kiosk.close")}
          </button>
        )}
      </div>
    </Sheet>
  );
}
