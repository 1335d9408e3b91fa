// Brings an ECG of another system in at a staff page: first whose it is, then its files.

import { useState, type SubmitEvent } from "react";
import type { FoundPatients, PatientLine } from "../../io/kiosk_ports";
import { ageAt, URGENCIES } from "../../protocol/consultation";
import { hashOf } from "../../protocol/route";
import type { Role } from "../../protocol/session";
import { Pick, Refused, TextField } from "../forms";
import { useActing } from "../hooks";
import { Icon } from "../Icon";
import { Dialog } from "../pieces";
import { useWorld } from "../world";
import { FilesChoice, useFiles } from "./EcgFiles";
import "./ecg.css";

/** Who takes ECGs (signaling/auth/policy.py, ECG_START). */
const TAKERS: readonly Role[] = ["clinic_doctor", "specialist", "duty_expert", "ambulance_crew"];
/** Who is not among them writes more of the name. */
const SHOWN = 6;

/** A button that opens it; nothing for who may not. */
export function EcgImport() {
  const { speak, account } = useWorld();
  const [isOpen, setOpen] = useState(false);
  if (account === null || !account.roles.some((role) => TAKERS.includes(role))) return null;
  return (
    <>
      <button type="button" className="btn small" onClick={() => setOpen(true)}>
        <Icon name="file" size={16} />
        {speak("ecg.files.bring")}
      </button>
      {isOpen && <ImportDialog onClose={() => setOpen(false)} />}
    </>
  );
}

function ImportDialog({ onClose }: { onClose: () => void }) {
  const { speak } = useWorld();
  const [patient, setPatient] = useState<PatientLine | null>(null);
  const hand = useFiles(patient?.id ?? null, null, "routine", (ecg) => {
    location.hash = hashOf({ screen: "ecg", ecg: ecg.id });
    onClose();
  });
  return (
    <Dialog title={speak("ecg.files.bring")} kind="drawer" onClose={onClose}>
      {patient === null ? (
        <PatientSearch onFound={setPatient} />
      ) : (
        <div className="stack">
          <p className="row">
            <b>{lineWords(patient, speak)}</b>
            <span className="sp" />
            <button type="button" className="btn small" disabled={hand.isBusy} onClick={() => setPatient(null)}>
              {speak("ecg.files.otherPatient")}
            </button>
          </p>
          <FilesChoice hand={hand} button="btn full" />
          <Pick
            label={speak("ecg.files.urgency")}
            value={hand.urgency}
            options={URGENCIES.map((value) => ({ value, label: speak(`case.word.urgency.${value}`) }))}
            columns={3}
            onChange={hand.setUrgency}
          />
          <Refused failure={hand.failure} />
          <button type="button" className="btn act full" disabled={hand.send === null} onClick={() => hand.send?.()}>
            {speak(hand.isBusy ? "ecg.files.sending" : "ecg.files.send")}
          </button>
        </div>
      )}
    </Dialog>
  );
}

function lineWords(line: PatientLine, speak: ReturnType<typeof useWorld>["speak"]): string {
  const age = ageAt(line.birth_year, new Date());
  const sex = speak(`case.word.sex.${line.sex}`);
  return speak("ecg.files.patientLine", { name: line.name, sex, age: age ?? "" }).trim();
}

function PatientSearch({ onFound }: { onFound: (line: PatientLine) => void }) {
  const { speak, patients } = useWorld();
  const [text, setText] = useState("");
  const [found, setFound] = useState<FoundPatients | null>(null);
  const act = useActing();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted !== "") act.run(async () => setFound(await patients.findPatients(wanted)));
  };
  const shown = found?.patients.slice(0, SHOWN) ?? [];
  return (
    <form className="stack" onSubmit={submit}>
      <TextField label={speak("ecg.files.patient")} value={text} maxLength={100} isFirst onChange={setText} />
      <button type="submit" className="btn" disabled={act.isBusy || text.trim() === ""}>
        <Icon name="search" size={18} />
        {speak("ecg.files.find")}
      </button>
      <Refused failure={act.failure} />
      <div className="stack-tight" role="status">
        {found !== null && shown.length === 0 && <p>{speak("ecg.files.noPatient")}</p>}
        {shown.map((line) => (
          <button key={line.id} type="button" className="btn full" onClick={() => onFound(line)}>
            {lineWords(line, speak)}
            <span className="sp" />
            {line.card_end !== "" && <span className="i2">{speak("ecg.files.card", { end: line.card_end })}</span>}
          </button>
        ))}
        {found !== null && (!found.isComplete || found.patients.length > SHOWN) && (
          <p className="i2">{speak("ecg.files.morePatients")}</p>
        )}
      </div>
    </form>
  );
}
