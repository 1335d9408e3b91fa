// After the password: giving the second factor, or setting one up at the first sign-in.

import { Suspense, useState, type ReactNode, type SubmitEvent } from "react";
import { sixDigits } from "../protocol/secrets";
import { stepOf, type Account, type Factor } from "../protocol/session";
import { hasPasskeys } from "../io/passkey";
import { CopyButton, Refused, TextField } from "./forms";
import { Gate } from "./Gate";
import { Icon } from "./Icon";
import { useActing, useLoaded } from "./hooks";
import { Failure } from "./pieces";
import { later } from "./later";
import { useWorld } from "./world";

// Wanted once in the life of an account.
const QrCode = later(() => import("./QrCode").then((part) => part.QrCode));

export function SecondFactor({ account }: { account: Account }) {
  return stepOf(account) === "enrol" ? <FirstEnrolment account={account} /> : <GiveFactor account={account} />;
}

/** Leaves for the sign-in page. */
function SomeoneElse() {
  const { backend, signedOut, speak } = useWorld();
  return (
    <button
      type="button"
      className="btn ghost"
      onClick={() => {
        void backend
          .signOut()
          .catch(() => undefined)
          .finally(() => signedOut("left"));
      }}
    >
      {speak("factor.other")}
    </button>
  );
}

function GiveFactor({ account }: { account: Account }) {
  const { identity, signedIn, speak } = useWorld();
  const [way, setWay] = useState<Factor>(account.second_factor === "passkey" ? "passkey" : "totp");
  const [code, setCode] = useState("");
  const [isShort, setShort] = useState(false);
  const act = useActing();
  const other: Factor = way === "totp" ? "passkey" : "totp";
  const hasOther = account.second_factors.includes(other);
  const giveCode = (digits: string): void => {
    act.run(async () => {
      try {
        signedIn(await identity.giveCode(digits));
      } catch (error) {
        setCode("");
        throw error;
      }
    });
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setShort(code.length < 6);
    if (code.length === 6) giveCode(code);
  };
  const giveKey = (): void => act.run(async () => signedIn(await identity.givePasskey()));
  return (
    <Gate title={speak("factor.title")} lead={speak("factor.lead", { name: account.name })}>
      {way === "totp" ? (
        <form className="gate-form" onSubmit={submit} noValidate>
          <TextField
            label={speak("factor.code")}
            hint={speak("factor.codeHint")}
            value={code}
            inputMode="numeric"
            autoComplete="one-time-code"
            isBig
            isFirst
            onChange={(typed) => {
              const digits = sixDigits(typed);
              setCode(digits);
              act.forget();
              setShort(false);
              // The sixth digit is the last key anyone would press before "confirm".
              if (digits.length === 6 && code.length === 5) giveCode(digits);
            }}
          />
          <Refused failure={act.failure} fault={isShort ? speak("factor.codeShort") : null} />
          <button type="submit" className="btn act big" disabled={act.isBusy}>
            {speak(act.isBusy ? "factor.checking" : "factor.check")}
          </button>
        </form>
      ) : (
        <div className="gate-form">
          <p>{speak("factor.passkeyLead")}</p>
          <Refused failure={act.failure} />
          <button type="button" className="btn act big" disabled={act.isBusy} onClick={giveKey}>
            <Icon name="key" size={24} />
            {speak(act.isBusy ? "factor.passkeyBusy" : "factor.passkey")}
          </button>
        </div>
      )}
      {hasOther && (
        <button
          type="button"
          className="btn full"
          onClick={() => {
            act.forget();
            setWay(other);
          }}
        >
          <Icon name={other === "passkey" ? "key" : "phone"} size={18} />
          {speak(other === "passkey" ? "factor.instead.passkey" : "factor.instead.code")}
        </button>
      )}
      <p className="fine">{speak("factor.lost")}</p>
      <SomeoneElse />
    </Gate>
  );
}

function FirstEnrolment({ account }: { account: Account }) {
  const { signedIn, speak } = useWorld();
  const [way, setWay] = useState<Factor | null>(null);
  return (
    <Gate title={speak("enrol.title")} lead={speak("enrol.lead", { name: account.name })}>
      {way === null ? (
        <WayChoice onChoose={setWay} />
      ) : (
        <Enrolment way={way} onDone={signedIn} onBack={() => setWay(null)} />
      )}
      <SomeoneElse />
    </Gate>
  );
}

function WayChoice({ onChoose }: { onChoose: (way: Factor) => void }) {
  const { speak } = useWorld();
  const canPasskey = hasPasskeys();
  return (
    <div className="ways" role="group" aria-label={speak("enrol.choose")}>
      <button type="button" className="btn way" onClick={() => onChoose("totp")}>
        <Icon name="phone" size={28} />
        <span>
          <b>{speak("enrol.totp")}</b>
          <span className="i2">{speak("enrol.totpLead")}</span>
        </span>
        <Icon name="right" size={18} />
      </button>
      <button type="button" className="btn way" disabled={!canPasskey} onClick={() => onChoose("passkey")}>
        <Icon name="key" size={28} />
        <span>
          <b>{speak("enrol.passkey")}</b>
          <span className="i2">{speak(canPasskey ? "enrol.passkeyLead" : "enrol.passkeyNone")}</span>
        </span>
        <Icon name="right" size={18} />
      </button>
    </div>
  );
}

/** Setting up one factor; used at the first sign-in and later from the own menu. */
export function Enrolment(props: { way: Factor; onDone: (account: Account) => void; onBack: () => void }) {
  return props.way === "totp" ? <TotpEnrolment {...props} /> : <PasskeyEnrolment {...props} />;
}

function Acts({ children, onBack }: { children: ReactNode; onBack: () => void }) {
  const { speak } = useWorld();
  return (
    <div className="gate-acts">
      <button type="button" className="btn" onClick={onBack}>
        {speak("app.back")}
      </button>
      {children}
    </div>
  );
}

function TotpEnrolment(props: { onDone: (account: Account) => void; onBack: () => void }) {
  const { identity, speak } = useWorld();
  const offer = useLoaded("totp", () => identity.offerTotp());
  const [code, setCode] = useState("");
  const [isShort, setShort] = useState(false);
  const act = useActing();
  if (offer.failure !== null && offer.value === null)
    return <Failure title={speak("enrol.totp")} failure={offer.failure} onRetry={offer.reload} />;
  if (offer.value === null) return <p className="i2">{speak("app.loading")}</p>;
  const { secret, uri } = offer.value;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setShort(code.length < 6);
    if (code.length === 6) act.run(async () => props.onDone(await identity.confirmTotp(code)));
  };
  return (
    <form className="gate-form" onSubmit={submit} noValidate>
      <div className="totp">
        <Suspense fallback={<div className="qr" />}>
          <QrCode text={uri} label={speak("enrol.qr")} />
        </Suspense>
        <div className="totp-words">
          <b>{speak("enrol.scan")}</b>
          <span className="i2">{speak("enrol.byHand")}</span>
          <code className="secret">{secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
          <span>
            <CopyButton text={secret} />
          </span>
        </div>
      </div>
      <TextField
        label={speak("enrol.confirm")}
        value={code}
        inputMode="numeric"
        autoComplete="one-time-code"
        isBig
        onChange={(typed) => {
          setCode(sixDigits(typed));
          setShort(false);
        }}
      />
      <Refused failure={act.failure} fault={isShort ? speak("factor.codeShort") : null} />
      <Acts onBack={props.onBack}>
        <button type="submit" className="btn act big" disabled={act.isBusy}>
          {speak(act.isBusy ? "factor.checking" : "factor.check")}
        </button>
      </Acts>
    </form>
  );
}

function PasskeyEnrolment(props: { onDone: (account: Account) => void; onBack: () => void }) {
  const { identity, speak } = useWorld();
  const [name, setName] = useState(() => speak("enrol.nameDefault"));
  const act = useActing();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    act.run(async () => props.onDone(await identity.addPasskey(name.trim() || speak("enrol.nameDefault"))));
  };
  return (
    <form className="gate-form" onSubmit={submit} noValidate>
      <p>{speak("factor.passkeyLead")}</p>
      <TextField label={speak("enrol.name")} value={name} maxLength={60} onChange={setName} />
      <Refused failure={act.failure} />
      <Acts onBack={props.onBack}>
        <button type="submit" className="btn act big" disabled={act.isBusy}>
          <Icon name="key" size={24} />
          {speak(act.isBusy ? "factor.passkeyBusy" : "enrol.make")}
        </button>
      </Acts>
    </form>
  );
}
