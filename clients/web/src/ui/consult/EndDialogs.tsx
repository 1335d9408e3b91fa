// Handing a case to another specialist, and ending it without an opinion: both with a reason.

import { useState } from "react";
import type { Consultation } from "../../protocol/consultation";
import { LinesField, Pick, Refused, SaveRow, Select } from "../forms";
import { useActing, useLoaded } from "../hooks";
import { Dialog } from "../pieces";
import { useWorld } from "../world";

/** The service takes no longer reason. */
const NOTE_LIMIT = 500;

interface Ending {
  one: Consultation;
  onClose: () => void;
  onDone: (after: Consultation) => void;
}

export function TransferDialog({ one, onClose, onDone }: Ending) {
  const { speak, consultations, account, language } = useWorld();
  const directory = useLoaded("directory", () => consultations.directory());
  const [to, setTo] = useState("");
  const [reason, setReason] = useState("");
  const act = useActing();
  const here = (directory.value ?? []).filter((each) => each.institution === one.invited.institution);
  const name = (zh: string, en: string): string => (language === "en" ? en : zh);
  const options = [
    { value: "", label: speak("s2.transfer.choose") },
    ...here.flatMap((each) => [
      ...(each.code === one.specialty
        ? []
        : [
            {
              value: `specialty ${each.code}`,
              label: speak("s2.transfer.specialty", { name: name(each.name.zh, each.name.en) }),
            },
          ]),
      ...each.on_duty
        .filter((person) => person.person !== account?.person)
        .map((person) => ({
          value: `person ${person.person}`,
          label: `${person.name}\u3000${name(each.name.zh, each.name.en)}`,
        })),
    ]),
  ];
  const send = (): void =>
    act.run(async () => {
      const [kind, id = ""] = to.split(" ", 2);
      const target = kind === "person" ? { person: id } : { specialty: id };
      onDone(await consultations.transfer(one.id, { ...target, reason: reason.trim() }));
    });
  return (
    <Dialog title={speak("s2.transfer")} onClose={onClose}>
      <p className="i2">{speak("s2.transfer.more")}</p>
      <Select label={speak("s2.transfer.to")} value={to} options={options} onChange={setTo} />
      <LinesField label={speak("s2.reason")} rows={2} maxLength={NOTE_LIMIT} value={reason} onChange={setReason} />
      <Refused failure={act.failure ?? directory.failure} />
      <SaveRow
        isBusy={act.isBusy}
        isOff={to === "" || reason.trim() === ""}
        save={speak("s2.transfer.send")}
        onCancel={onClose}
        onSave={send}
      />
    </Dialog>
  );
}

const CANCEL_REASONS = ["resolved", "patient_left", "referred", "mistake", "technical", "other"] as const;

export function CancelDialog({ one, onClose, onDone }: Ending) {
  const { speak, consultations } = useWorld();
  const [reason, setReason] = useState<(typeof CANCEL_REASONS)[number] | null>(null);
  const [note, setNote] = useState("");
  const act = useActing();
  const send = (): void =>
    act.run(async () => {
      if (reason !== null) onDone(await consultations.cancel(one.id, reason, note.trim()));
    });
  return (
    <Dialog title={speak("s2.cancel")} onClose={onClose}>
      <p className="i2">{speak("s2.cancel.more")}</p>
      <Pick
        label={speak("s2.reason")}
        value={reason}
        options={CANCEL_REASONS.map((each) => ({ value: each, label: speak(`case.word.cancel.${each}`) }))}
        onChange={setReason}
      />
      <LinesField label={speak("s1.declineNote")} rows={2} maxLength={NOTE_LIMIT} value={note} onChange={setNote} />
      <Refused failure={act.failure} />
      <SaveRow
        isBusy={act.isBusy}
        isOff={reason === null || (reason === "other" && note.trim() === "")}
        save={speak("s2.cancel.send")}
        onCancel={onClose}
        onSave={send}
      />
    </Dialog>
  );
}
