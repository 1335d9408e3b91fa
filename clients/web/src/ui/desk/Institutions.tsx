// The institutions of this service, and the code for the first administrator of a new one.

import { useState, type SubmitEvent } from "react";
import { INSTITUTION_KINDS, type Institution, type InstitutionKind, type OneTimeCode } from "../../protocol/staff";
import { day } from "../../protocol/times";
import { OnceCode, Pick, Refused, SaveRow, TextField } from "../forms";
import { useActing } from "../hooks";
import { Dialog } from "../pieces";
import { momentWords } from "../words";
import { useWorld } from "../world";
import { AddButton, Head, Listed, ListTable, RowOpen, usePages } from "./frame";

export function Institutions() {
  const { office, account, speak } = useWorld();
  const pages = usePages<Institution>("institutions", async () => ({ items: await office.institutions(), next: null }));
  const [isAdding, setAdding] = useState(false);
  const [editing, setEditing] = useState<Institution | null>(null);
  const count = pages.items?.length ?? 0;
  return (
    <>
      <Head title={speak("institution.title")} count={count === 0 ? undefined : speak("institution.count", { count })}>
        <AddButton label={speak("institution.add")} onClick={() => setAdding(true)} />
      </Head>
      <Listed
        pages={pages}
        failed={speak("admin.failed")}
        empty={speak("institution.empty")}
        emptyMore={speak("institution.emptyMore")}
      >
        {(institutions) => (
          <ListTable
            columns={[
              speak("institution.name"),
              speak("institution.kind"),
              speak("institution.code"),
              speak("institution.since"),
            ]}
          >
            {institutions.map((one) => {
              const isOwn = one.id === account?.institution;
              return (
                <tr key={one.id} className={one.state === "ended" ? "over" : undefined}>
                  <td>
                    {isOwn ? <RowOpen onOpen={() => setEditing(one)}>{one.name}</RowOpen> : <b>{one.name}</b>}
                    {isOwn && <span className="tag line">{speak("institution.own")}</span>}
                  </td>
                  <td data-label={speak("institution.kind")}>{speak(`institution.kind.${one.kind}`)}</td>
                  <td data-label={speak("institution.code")}>
                    {one.code === "" ? <span className="i3">{speak("app.dash")}</span> : <code>{one.code}</code>}
                  </td>
                  <td data-label={speak("institution.since")} className="i2 nb">
                    {day(new Date(one.created_at_ms))}
                  </td>
                </tr>
              );
            })}
          </ListTable>
        )}
      </Listed>
      {isAdding && <AddInstitution onClose={() => setAdding(false)} onAdded={pages.reload} />}
      {editing !== null && (
        <EditInstitution institution={editing} onClose={() => setEditing(null)} onChanged={pages.reload} />
      )}
    </>
  );
}

function KindPick({ kind, onChange }: { kind: InstitutionKind; onChange: (kind: InstitutionKind) => void }) {
  const { speak } = useWorld();
  return (
    <Pick
      label={speak("institution.kind")}
      value={kind}
      columns={3}
      options={INSTITUTION_KINDS.map((one) => ({ value: one, label: speak(`institution.kind.${one}`) }))}
      onChange={onChange}
    />
  );
}

function AddInstitution(props: { onClose: () => void; onAdded: () => void }) {
  const { office, speak } = useWorld();
  const [name, setName] = useState("");
  const [code, setCode] = useState("");
  const [kind, setKind] = useState<InstitutionKind>("township_clinic");
  const [made, setMade] = useState<OneTimeCode | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const act = useActing();
  if (made !== null) {
    return (
      <Dialog title={speak("institution.codeFor", { name })} kind="drawer" onClose={props.onClose}>
        <OnceCode
          code={made.code}
          more={speak("institution.emptyMore")}
          link={new URL(made.page, location.origin).href}
          until={speak("admin.validUntil", { time: momentWords(made.expires_at_ms, speak) })}
        />
      </Dialog>
    );
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const empty = name.trim() === "" ? "institution.name" : code.trim() === "" ? "institution.code" : null;
    setFault(empty === null ? null : speak("app.needed", { what: speak(empty) }));
    if (empty !== null) return;
    act.run(async () => {
      setMade(await office.addInstitution({ name: name.trim(), code: code.trim(), kind }));
      props.onAdded();
    });
  };
  return (
    <Dialog title={speak("institution.add")} kind="drawer" onClose={props.onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <TextField label={speak("institution.name")} value={name} maxLength={200} isFirst onChange={setName} />
        <TextField label={speak("institution.code")} value={code} maxLength={40} onChange={setCode} />
        <KindPick kind={kind} onChange={setKind} />
        <Refused failure={act.failure} fault={fault} />
        <button type="submit" className="btn act full" disabled={act.isBusy}>
          {speak(act.isBusy ? "app.saving" : "institution.add")}
        </button>
      </form>
    </Dialog>
  );
}

function EditInstitution(props: { institution: Institution; onClose: () => void; onChanged: () => void }) {
  const { office, speak } = useWorld();
  const [name, setName] = useState(props.institution.name);
  const [kind, setKind] = useState(props.institution.kind);
  const act = useActing();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      await office.changeInstitution(props.institution.id, { name: name.trim(), kind });
      props.onChanged();
      props.onClose();
    });
  };
  return (
    <Dialog title={speak("institution.edit", { name: props.institution.name })} kind="drawer" onClose={props.onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <TextField label={speak("institution.name")} value={name} maxLength={200} isFirst onChange={setName} />
        <KindPick kind={kind} onChange={setKind} />
        <Refused failure={act.failure} />
        <SaveRow isBusy={act.isBusy} isOff={name.trim() === ""} onCancel={props.onClose} />
      </form>
    </Dialog>
  );
}
