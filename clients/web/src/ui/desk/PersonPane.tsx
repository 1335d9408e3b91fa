// One person: facts, roles, licences, account, suspension; each is saved on its own.

import { useState, type ReactNode, type SubmitEvent } from "react";
import type { Role } from "../../protocol/session";
import {
  endOfDay,
  LICENCE_KINDS,
  licenceStanding,
  mayBeOne,
  type Licence,
  type LicenceKind,
  type OneTimeCode,
  type Person,
} from "../../protocol/staff";
import { day } from "../../protocol/times";
import { OnceCode, Refused, SaveRow, Select, TextField } from "../forms";
import { Icon } from "../Icon";
import { useActing, useNow } from "../hooks";
import { Dialog } from "../pieces";
import { momentWords } from "../words";
import { useWorld } from "../world";
import { Facts } from "./frame";
import { PersonFields, RolePicks, type PersonFacts } from "./PersonFields";

interface PartProps {
  person: Person;
  onChanged: () => void;
}

export function PersonPane(props: PartProps & { onClose: () => void }) {
  const { account, speak } = useWorld();
  const { person } = props;
  const isSelf = account?.person === person.id;
  const isActive = person.state === "active";
  return (
    <Dialog title={person.name} kind="drawer" onClose={props.onClose}>
      {!isActive && (
        <p className="strip-hatch">
          <span className="chip-hatch" aria-hidden="true" />
          <b>{speak("suspend.is")}</b>
        </p>
      )}
      <FactsPart {...props} />
      {isSelf && <p className="i2">{speak("people.self")}</p>}
      {isActive && !isSelf && (
        <>
          <RolesPart {...props} />
          <LicencesPart {...props} />
          <AccountPart {...props} />
        </>
      )}
      {!isSelf && <SuspendPart {...props} />}
    </Dialog>
  );
}

function Part({ title, act, children }: { title: string; act?: ReactNode; children: ReactNode }) {
  return (
    <section className="part">
      <div className="row">
        <h3>{title}</h3>
        <span className="sp" />
        {act}
      </div>
      {children}
    </section>
  );
}

function FactsPart({ person, onChanged }: PartProps) {
  const { office, speak } = useWorld();
  const [isEditing, setEditing] = useState(false);
  const [facts, setFacts] = useState<PersonFacts>({
    name: person.name,
    title: person.title,
    specialty: person.specialty,
    phone: person.phone,
  });
  const act = useActing();
  if (!isEditing) {
    const shown = (value: string): ReactNode =>
      value === "" ? <span className="i3">{speak("admin.none")}</span> : value;
    return (
      <Part
        title={speak("people.facts")}
        act={
          person.state === "active" && (
            <button type="button" className="btn small" onClick={() => setEditing(true)}>
              {speak("people.edit")}
            </button>
          )
        }
      >
        <Facts
          rows={[
            [speak("people.job"), shown(person.title)],
            [speak("people.specialty"), shown(person.specialty)],
            [speak("people.phone"), shown(person.phone)],
            [
              speak("people.roles"),
              shown(person.roles.map((role) => speak(`role.${role}`)).join(speak("app.listComma"))),
            ],
          ]}
        />
      </Part>
    );
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      await office.changePerson(person.id, facts);
      setEditing(false);
      onChanged();
    });
  };
  const isNameless = facts.name.trim() === "";
  return (
    <Part title={speak("people.facts")}>
      <form className="stack" onSubmit={submit} noValidate>
        <PersonFields facts={facts} onChange={setFacts} />
        <Refused
          failure={act.failure}
          fault={isNameless ? speak("app.needed", { what: speak("people.name") }) : null}
        />
        <SaveRow isBusy={act.isBusy} isOff={isNameless} onCancel={() => setEditing(false)} />
      </form>
    </Part>
  );
}

function RolesPart({ person, onChanged }: PartProps) {
  const { office, speak } = useWorld();
  const [roles, setRoles] = useState<Role[]>([...person.roles]);
  const act = useActing();
  const isSame = roles.length === person.roles.length && roles.every((role) => person.roles.includes(role));
  const isAllowed = mayBeOne(roles);
  const save = (): void =>
    act.run(async () => {
      await office.setRoles(person.id, roles);
      onChanged();
    });
  return (
    <section className="part">
      <RolePicks
        roles={roles}
        onChange={(next) => {
          act.forget();
          setRoles(next);
        }}
      />
      <Refused failure={act.failure} fault={isAllowed ? null : speak("role.notBoth")} />
      {!isSame && (
        <SaveRow isBusy={act.isBusy} isOff={!isAllowed} onCancel={() => setRoles([...person.roles])} onSave={save} />
      )}
    </section>
  );
}

function LicencesPart({ person, onChanged }: PartProps) {
  const { office, speak } = useWorld();
  const [isAdding, setAdding] = useState(false);
  const [number, setNumber] = useState("");
  const [kind, setKind] = useState<LicenceKind>("physician");
  const [until, setUntil] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const act = useActing();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const valid_until_ms = endOfDay(until);
    const wrong =
      number.trim() === ""
        ? speak("app.needed", { what: speak("licence.number") })
        : valid_until_ms === null
          ? speak("licence.dayWrong")
          : null;
    setFault(wrong);
    if (wrong !== null || valid_until_ms === null) return;
    act.run(async () => {
      await office.addLicence(person.id, { number: number.trim(), kind, valid_until_ms });
      setAdding(false);
      setNumber("");
      setUntil("");
      onChanged();
    });
  };
  return (
    <Part
      title={speak("people.licence")}
      act={
        !isAdding && (
          <button type="button" className="btn small" onClick={() => setAdding(true)}>
            {speak("licence.add")}
          </button>
        )
      }
    >
      {person.licences.length === 0 && !isAdding && <p className="i3">{speak("licence.none")}</p>}
      {person.licences.length > 0 && (
        <ul className="rows">
          {person.licences.map((licence) => (
            <LicenceRow key={licence.id} person={person} licence={licence} onChanged={onChanged} />
          ))}
        </ul>
      )}
      {isAdding && (
        <form className="stack" onSubmit={submit} noValidate>
          <TextField label={speak("licence.number")} value={number} maxLength={60} isFirst onChange={setNumber} />
          <div className="pair">
            <Select
              label={speak("licence.kind")}
              value={kind}
              options={LICENCE_KINDS.map((one) => ({ value: one, label: speak(`licence.kind.${one}`) }))}
              onChange={setKind}
            />
            <TextField label={speak("licence.until")} type="date" value={until} onChange={setUntil} />
          </div>
          <Refused failure={act.failure} fault={fault} />
          <SaveRow isBusy={act.isBusy} onCancel={() => setAdding(false)} />
        </form>
      )}
    </Part>
  );
}

function LicenceRow({ person, licence, onChanged }: PartProps & { licence: Licence }) {
  const { office, speak } = useWorld();
  const now_ms = useNow(60_000);
  const [isSure, setSure] = useState(false);
  const act = useActing();
  const standing = licenceStanding(licence, now_ms);
  const until = day(new Date(licence.valid_until_ms));
  const words = {
    valid: speak("licence.valid", { date: until }),
    soon: speak("licence.soon", { days: standing.kind === "soon" ? standing.days : 0 }),
    expired:
      standing.kind === "expired" && standing.days > 0
        ? speak("licence.expired", { days: standing.days })
        : speak("licence.expiredToday"),
    ended: speak("licence.ended"),
  }[standing.kind];
  const tone = { valid: "tag ok", soon: "tag warn", expired: "tag warn", ended: "tag" }[standing.kind];
  return (
    <li>
      <div className="row wrap">
        <code>{licence.number}</code>
        <span className="i2">{speak(`licence.kind.${licence.kind}`)}</span>
        <span className={tone}>
          {(standing.kind === "soon" || standing.kind === "expired") && <span className="tri" aria-hidden="true" />}
          {words}
        </span>
        <span className="sp" />
        {licence.state !== "ended" && !isSure && (
          <button type="button" className="btn small" onClick={() => setSure(true)}>
            {speak("licence.end")}
          </button>
        )}
      </div>
      {isSure && (
        <div className="stack sure">
          <p>{speak("licence.endSure", { number: licence.number })}</p>
          <Refused failure={act.failure} />
          <SaveRow
            isBusy={act.isBusy}
            save={speak("licence.end")}
            onCancel={() => setSure(false)}
            onSave={() =>
              act.run(async () => {
                await office.endLicence(person.id, licence.id);
                onChanged();
              })
            }
          />
        </div>
      )}
    </li>
  );
}

function AccountPart({ person, onChanged }: PartProps) {
  const { office, speak } = useWorld();
  const [login, setLogin] = useState("");
  const [code, setCode] = useState<OneTimeCode | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const act = useActing();
  const { account } = person;
  const ask = (name: string, isNew: boolean): void =>
    act.run(async () => {
      setCode(await office.accountCode(person.id, name, isNew));
      onChanged();
    });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const isEmpty = login.trim() === "";
    setFault(isEmpty ? speak("app.needed", { what: speak("account.login") }) : null);
    if (!isEmpty) ask(login.trim(), true);
  };
  return (
    <Part title={speak("people.account")}>
      {account === null ? (
        <form className="stack" onSubmit={submit} noValidate>
          <TextField
            label={speak("account.login")}
            hint={speak("account.loginHint")}
            value={login}
            maxLength={64}
            onChange={setLogin}
          />
          <Refused failure={act.failure} fault={fault} />
          <button type="submit" className="btn full" disabled={act.isBusy}>
            {speak(act.isBusy ? "app.saving" : "account.add")}
          </button>
        </form>
      ) : (
        <>
          <Facts
            rows={[
              [speak("account.login"), <code key="login">{account.login}</code>],
              [
                speak("devices.state"),
                <span key="state" className={account.state === "locked" ? "tag warn" : "tag"}>
                  {speak(`account.${account.state}`)}
                </span>,
              ],
              [
                speak("account.factors"),
                account.second_factors.length === 0
                  ? speak("account.noFactor")
                  : account.second_factors.map((one) => speak(`account.factor.${one}`)).join(speak("app.listComma")),
              ],
              ...(account.is_linked ? [[speak("account.linked"), speak("rights.yes")] as const] : []),
            ]}
          />
          {code === null && (
            <>
              <Refused failure={act.failure} />
              <button
                type="button"
                className="btn full"
                disabled={act.isBusy}
                onClick={() => ask(account.login, false)}
              >
                {speak("account.reset")}
              </button>
              <p className="fine">{speak("account.resetMore")}</p>
            </>
          )}
        </>
      )}
      {code !== null && (
        <OnceCode
          code={code.code}
          more={speak("account.code")}
          link={new URL(code.page, location.origin).href}
          until={speak("admin.validUntil", { time: momentWords(code.expires_at_ms, speak) })}
        />
      )}
    </Part>
  );
}

function SuspendPart({ person, onChanged }: PartProps) {
  const { office, speak } = useWorld();
  const [isSure, setSure] = useState(false);
  const [reason, setReason] = useState("");
  const act = useActing();
  if (person.state === "ended") {
    return (
      <section className="part">
        <Refused failure={act.failure} />
        <button
          type="button"
          className="btn full"
          disabled={act.isBusy}
          onClick={() =>
            act.run(async () => {
              await office.resume(person.id);
              onChanged();
            })
          }
        >
          {speak("suspend.resume")}
        </button>
      </section>
    );
  }
  if (!isSure) {
    return (
      <section className="part">
        <button type="button" className="btn full" onClick={() => setSure(true)}>
          <Icon name="lock" size={18} />
          {speak("suspend.title", { name: person.name })}
        </button>
      </section>
    );
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => {
      await office.suspend(person.id, reason.trim());
      setSure(false);
      onChanged();
    });
  };
  return (
    <section className="part">
      <h3>{speak("suspend.title", { name: person.name })}</h3>
      <p>{speak("suspend.more")}</p>
      <form className="stack" onSubmit={submit} noValidate>
        <TextField label={speak("suspend.reason")} value={reason} maxLength={200} isFirst onChange={setReason} />
        <Refused failure={act.failure} />
        <SaveRow isBusy={act.isBusy} save={speak("suspend.act")} onCancel={() => setSure(false)} />
      </form>
    </section>
  );
}
