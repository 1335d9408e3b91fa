// People of the institution: who they are, what they may, until when they may practise.

import { useState, type SubmitEvent } from "react";
import { ROLES, type Role } from "../../protocol/session";
import { licenceWarning, mayBeOne, type LicenceWarning, type Person } from "../../protocol/staff";
import type { Speak } from "../../messages/speak";
import { Refused, Select } from "../forms";
import { Icon } from "../Icon";
import { useActing, useNow } from "../hooks";
import { Dialog } from "../pieces";
import { useWorld } from "../world";
import { AddButton, Head, Listed, ListTable, RowOpen, usePages } from "./frame";
import { PersonFields, RolePicks, type PersonFacts } from "./PersonFields";
import { PersonPane } from "./PersonPane";

/** The list is asked for when the typing rests for this long. */
const TYPING_RESTS_MS = 300;

export function licenceWarningWords(warning: LicenceWarning, speak: Speak): string {
  if (warning.kind === "missing") return speak("licence.missing");
  if (warning.kind === "soon") return speak("licence.soon", { days: warning.days });
  return warning.days === 0 ? speak("licence.expiredToday") : speak("licence.expired", { days: warning.days });
}

export function People() {
  const { office, speak } = useWorld();
  const [typed, setTyped] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role | "">("");
  const [state, setState] = useState<"active" | "ended" | "">("");
  const [openId, setOpenId] = useState<string | null>(null);
  const [isAdding, setAdding] = useState(false);
  const pages = usePages<Person>(JSON.stringify([name, role, state]), async (after) => {
    const page = await office.people({
      name,
      role: role === "" ? null : role,
      state: state === "" ? null : state,
      after,
    });
    return { items: page.people, next: page.next };
  });
  const type = (text: string): void => {
    setTyped(text);
    window.setTimeout(() => {
      // Only what still stands there after the pause is asked for.
      setTyped((now) => {
        if (now === text) setName(text.trim());
        return now;
      });
    }, TYPING_RESTS_MS);
  };
  const count = pages.items?.length ?? 0;
  const isFiltered = name !== "" || role !== "" || state !== "";
  const opened = pages.items?.find((one) => one.id === openId) ?? null;
  return (
    <>
      <Head
        title={speak("people.title")}
        count={count === 0 ? undefined : speak(pages.next === null ? "people.count" : "people.countMore", { count })}
      >
        <AddButton label={speak("people.add")} onClick={() => setAdding(true)} />
      </Head>
      <div className="filters">
        <div className="find">
          <Icon name="search" size={18} />
          <input
            type="search"
            className="in compact"
            aria-label={speak("people.find")}
            placeholder={speak("people.find")}
            value={typed}
            onChange={(event) => type(event.target.value)}
          />
        </div>
        <Select
          label={speak("people.roles")}
          isLabelUnseen
          value={role}
          options={[
            { value: "", label: speak("people.allRoles") },
            ...ROLES.map((one) => ({ value: one, label: speak(`role.${one}`) })),
          ]}
          onChange={setRole}
        />
        <Select
          label={speak("devices.state")}
          isLabelUnseen
          value={state}
          options={[
            { value: "", label: speak("people.allStates") },
            { value: "active", label: speak("people.active") },
            { value: "ended", label: speak("people.suspended") },
          ]}
          onChange={setState}
        />
      </div>
      <Listed
        pages={pages}
        failed={speak("admin.failed")}
        empty={speak(isFiltered ? "people.emptyFound" : "people.empty")}
        emptyMore={speak(isFiltered ? "people.emptyFoundMore" : "people.emptyMore")}
      >
        {(people) => (
          <ListTable
            columns={[speak("people.name"), speak("people.roles"), speak("people.licence"), speak("people.account")]}
          >
            {people.map((person) => (
              <PersonRow key={person.id} person={person} onOpen={() => setOpenId(person.id)} />
            ))}
          </ListTable>
        )}
      </Listed>
      {opened !== null && (
        <PersonPane person={opened} onClose={() => setOpenId(null)} onChanged={() => pages.reload()} />
      )}
      {isAdding && (
        <AddPerson
          onClose={() => setAdding(false)}
          onAdded={(person) => {
            setAdding(false);
            setTyped("");
            setName("");
            setRole("");
            setState("");
            pages.reload();
            setOpenId(person.id);
          }}
        />
      )}
    </>
  );
}

function PersonRow({ person, onOpen }: { person: Person; onOpen: () => void }) {
  const { speak } = useWorld();
  const now_ms = useNow(60_000);
  const warning = licenceWarning(person, now_ms);
  const hasLicence = person.licences.some((licence) => licence.state === "active");
  const about = [person.title, person.specialty].filter((word) => word !== "").join(speak("app.listComma"));
  return (
    <tr className={person.state === "ended" ? "over" : undefined}>
      <td>
        <RowOpen onOpen={onOpen}>{person.name}</RowOpen>
        {about !== "" && <span className="i2 sub">{about}</span>}
      </td>
      <td data-label={speak("people.roles")}>
        {person.roles.length === 0 ? (
          <span className="i3">{speak("role.none")}</span>
        ) : (
          person.roles.map((role) => speak(`role.${role}`)).join(speak("app.listComma"))
        )}
      </td>
      <td data-label={speak("people.licence")}>
        {warning !== null ? (
          <span className="tag warn">
            <span className="tri" aria-hidden="true" />
            {licenceWarningWords(warning, speak)}
          </span>
        ) : hasLicence ? (
          <span className="tag ok">{speak("licence.ok")}</span>
        ) : (
          <span className="i3">{speak("admin.none")}</span>
        )}
      </td>
      <td data-label={speak("people.account")}>
        {person.state === "ended" ? (
          <span className="tag line">
            <span className="chip-hatch tiny" aria-hidden="true" />
            {speak("admin.ended")}
          </span>
        ) : person.account === null ? (
          <span className="i3">{speak("account.none")}</span>
        ) : (
          <span className="row wrap tight">
            <code>{person.account.login}</code>
            <span className={person.account.state === "locked" ? "tag warn" : "tag"}>
              {speak(`account.${person.account.state}`)}
            </span>
          </span>
        )}
      </td>
    </tr>
  );
}

function AddPerson(props: { onClose: () => void; onAdded: (person: Person) => void }) {
  const { office, speak } = useWorld();
  const [facts, setFacts] = useState<PersonFacts>({ name: "", title: "", specialty: "", phone: "" });
  const [roles, setRoles] = useState<Role[]>([]);
  const [fault, setFault] = useState<string | null>(null);
  const act = useActing();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const wrong =
      facts.name.trim() === ""
        ? speak("app.needed", { what: speak("people.name") })
        : mayBeOne(roles)
          ? null
          : speak("role.notBoth");
    setFault(wrong);
    if (wrong !== null) return;
    act.run(async () => props.onAdded(await office.addPerson({ ...facts, roles })));
  };
  return (
    <Dialog title={speak("people.add")} kind="drawer" onClose={props.onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <PersonFields facts={facts} onChange={setFacts} />
        <RolePicks roles={roles} onChange={setRoles} />
        <Refused failure={act.failure} fault={fault} />
        <button type="submit" className="btn act full" disabled={act.isBusy}>
          {speak(act.isBusy ? "app.saving" : "people.add")}
        </button>
      </form>
    </Dialog>
  );
}
