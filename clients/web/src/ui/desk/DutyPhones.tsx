// The duty phones: what a caller is shown when nobody has answered.

import { useState, type SubmitEvent } from "react";
import type { DutyPhone, NamedCode } from "../../protocol/roster";
import { Refused, SaveRow, Select, TextField } from "../forms";
import { useActing, useLoaded } from "../hooks";
import { Icon } from "../Icon";
import { Dialog, Failure, Notice, Skeleton } from "../pieces";
import { useWorld } from "../world";
import { ListTable } from "./frame";

interface Named {
  codes: readonly NamedCode[];
  nameOf: (code: string) => string;
}

export function DutyPhones({ codes, nameOf }: Named) {
  const { office, speak } = useWorld();
  const loaded = useLoaded("phones", () => office.roster.phones());
  const [isChanging, setChanging] = useState(false);
  const phones = loaded.value;
  if (phones === null) {
    if (loaded.failure !== null)
      return <Failure title={speak("roster.failed")} failure={loaded.failure} onRetry={loaded.reload} />;
    return loaded.isSlow ? <Skeleton rows={4} /> : null;
  }
  return (
    <>
      <p className="i2 lead">{speak("roster.phonesMore")}</p>
      {phones.length === 0 ? (
        <Notice title={speak("roster.phonesEmpty")} more={speak("roster.phonesEmptyMore")} />
      ) : (
        <ListTable columns={[speak("roster.place"), speak("roster.phone")]}>
          {phones.map((one) => (
            <tr key={one.specialty}>
              <td>{nameOf(one.specialty)}</td>
              <td data-label={speak("roster.phone")} className="nb">
                <b>{one.phone}</b>
              </td>
            </tr>
          ))}
        </ListTable>
      )}
      <div>
        <button type="button" className="btn" onClick={() => setChanging(true)}>
          <Icon name="phone" size={18} />
          {speak(phones.length === 0 ? "roster.phoneAdd" : "roster.phoneEdit")}
        </button>
      </div>
      {isChanging && (
        <PhonesForm
          codes={codes}
          nameOf={nameOf}
          phones={phones}
          onClose={() => setChanging(false)}
          onSaved={() => {
            setChanging(false);
            loaded.reload();
          }}
        />
      )}
    </>
  );
}

function PhonesForm(props: Named & { phones: readonly DutyPhone[]; onClose: () => void; onSaved: () => void }) {
  const { office, speak } = useWorld();
  const { nameOf } = props;
  const isFree = (taken: readonly DutyPhone[]) => (one: NamedCode) =>
    !taken.some((phone) => phone.specialty === one.code);
  const withOneMore = (taken: readonly DutyPhone[]): readonly DutyPhone[] => {
    const free = props.codes.find(isFree(taken));
    return free === undefined ? taken : [...taken, { specialty: free.code, phone: "" }];
  };
  const [phones, setPhones] = useState<readonly DutyPhone[]>(
    props.phones.length === 0 ? withOneMore([]) : props.phones,
  );
  const [fault, setFault] = useState<string | null>(null);
  const act = useActing();
  const change = (place: number, fresh: DutyPhone): void =>
    setPhones(phones.map((one, n) => (n === place ? fresh : one)));
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const bare = phones.find((one) => one.phone.trim() === "");
    setFault(bare === undefined ? null : speak("roster.phoneMissing", { specialty: nameOf(bare.specialty) }));
    if (bare !== undefined) return;
    act.run(async () => {
      await office.roster.setPhones(phones);
      props.onSaved();
    });
  };
  return (
    <Dialog title={speak("roster.view.phones")} kind="drawer" onClose={props.onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        {phones.map((one, place) => (
          <div key={one.specialty} className="phone-row">
            <Select
              label={speak("roster.place")}
              value={one.specialty}
              options={props.codes
                .filter((each) => each.code === one.specialty || isFree(phones)(each))
                .map((each) => ({ value: each.code, label: nameOf(each.code) }))}
              onChange={(specialty) => change(place, { ...one, specialty })}
            />
            <TextField
              label={speak("roster.phone")}
              type="tel"
              value={one.phone}
              maxLength={40}
              onChange={(phone) => change(place, { ...one, phone })}
            />
            <button
              type="button"
              className="btn square ghost"
              aria-label={speak("roster.phoneDrop", { specialty: nameOf(one.specialty) })}
              title={speak("roster.phoneDrop", { specialty: nameOf(one.specialty) })}
              onClick={() => setPhones(phones.filter((_, n) => n !== place))}
            >
              <Icon name="x" size={18} />
            </button>
          </div>
        ))}
        <button type="button" className="btn full" onClick={() => setPhones(withOneMore(phones))}>
          <Icon name="plus" size={18} />
          {speak("roster.phoneAdd")}
        </button>
        <Refused failure={act.failure} fault={fault} />
        <SaveRow isBusy={act.isBusy} onCancel={props.onClose} />
      </form>
    </Dialog>
  );
}
