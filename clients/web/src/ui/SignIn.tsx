// M1: signing in, with a look at this computer before anyone depends on it.

import { useId, useRef, useState, type SubmitEvent } from "react";
import { ApiFailure } from "../protocol/api";
import { returnFrom } from "../protocol/route";
import type { MessageKey, Speak } from "../messages/speak";
import { ComputerCheck } from "./ComputerCheck";
import { Refused } from "./forms";
import { GateFrame } from "./Gate";
import { Icon } from "./Icon";
import { useActing, useLoaded, useTitle } from "./hooks";
import { failureWords } from "./words";
import { useWorld } from "./world";

/** As long as the server's staff sessions rest before they end. */
const IDLE_MINUTES = 15;

interface Refusal {
  key: MessageKey;
  values?: Record<string, string | number>;
  /** The server's own sentence, for a code that this page has no words for. */
  failure?: ApiFailure;
}

function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof ApiFailure)) return { key: "m1.failed", values: { code: "page" } };
  // No answer is said by the banner across the page, not beside the password.
  if (error.isOffline) return null;
  if (error.status === 423) {
    const seconds = error.number("retry_after_s") ?? 60;
    return seconds < 60
      ? { key: "m1.lockedSoon", values: { seconds } }
      : { key: "m1.locked", values: { minutes: Math.ceil(seconds / 60) } };
  }
  if (error.code === "account_disabled") return { key: "m1.disabled" };
  if (error.code === "password_wrong" || error.code === "http_401") {
    const tries = error.number("tries_left");
    return tries === null ? { key: "m1.wrongOnly" } : { key: "m1.wrong", values: { tries } };
  }
  return { key: "m1.failed", values: { code: error.code }, failure: error };
}

/** Why the identity provider's answer was not taken, when one comes back from it. */
function refusedWords(returned: ReturnType<typeof returnFrom>, speak: Speak): string | null {
  if (returned === null || returned === "linked") return null;
  const code = returned.refused;
  return speak(speak.keyOr(`refusal.${code}`, "m1.providerFailed"), { code });
}

/** `lead` says what one signs in for: it differs between the pages. */
export function SignIn({ lead = "m1.lead" }: { lead?: MessageKey }) {
  const { backend, identity, network, signedIn, leaving, speak } = useWorld();
  useTitle(speak("m1.title"));
  const [account, setAccount] = useState("");
  const [password, setPassword] = useState("");
  const [isShown, setShown] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const demo = useLoaded("demo", () => backend.demoAccounts());
  const provider = useLoaded("provider", () => identity.provider());
  const departure = useActing();
  const [returned] = useState(() => returnFrom(location.hash));
  const ids = { account: useId(), password: useId(), refusal: useId() };
  const passwordField = useRef<HTMLInputElement>(null);

  const signIn = (who: string, secret: string): void => {
    if (isBusy) return;
    setBusy(true);
    setRefusal(null);
    backend
      .signIn(who, secret)
      .then(signedIn, (error: unknown) => {
        setRefusal(refusalOf(error));
        if (error instanceof ApiFailure && error.isOffline) network.tryNow();
        passwordField.current?.select();
      })
      .finally(() => setBusy(false));
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (account.trim() === "" || password === "") setRefusal({ key: "m1.needBoth" });
    else signIn(account.trim(), password);
  };
  const accounts = demo.value ?? [];

  return (
    <GateFrame>
      <main className="sign">
        <section className="sign-left">
          <form className="sign-form" onSubmit={submit} noValidate>
            <div>
              <h1>{speak("m1.title")}</h1>
              <p className="i2">{speak(lead)}</p>
            </div>
            {(leaving === "idle" || leaving === "expired") && (
              <p className="strip-soft" role="status">
                {speak(leaving === "idle" ? "m1.idle" : "m1.expired", { minutes: IDLE_MINUTES })}
              </p>
            )}
            <div className="field">
              <label htmlFor={ids.account}>{speak("m1.account")}</label>
              <input
                id={ids.account}
                className="in"
                name="username"
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                autoFocus
                value={account}
                onChange={(event) => setAccount(event.target.value)}
              />
            </div>
            <div className="field">
              <label htmlFor={ids.password}>{speak("m1.password")}</label>
              <div className="in-with">
                <input
                  ref={passwordField}
                  id={ids.password}
                  className="in"
                  name="password"
                  type={isShown ? "text" : "password"}
                  autoComplete="current-password"
                  spellCheck={false}
                  aria-describedby={refusal === null ? undefined : ids.refusal}
                  aria-invalid={refusal !== null}
                  value={password}
                  onChange={(event) => setPassword(event.target.value)}
                />
                <button type="button" className="btn ghost" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
                  {speak(isShown ? "m1.hide" : "m1.show")}
                </button>
              </div>
              {refusal !== null && (
                <p id={ids.refusal} role="alert" className="refusal">
                  <span className="tri" aria-hidden="true" />
                  <b>
                    {refusal.failure === undefined
                      ? speak(refusal.key, refusal.values)
                      : failureWords(refusal.failure, speak)}
                  </b>
                  {refusal.key === "m1.wrong" && <span className="i2">{speak("m1.forgot")}</span>}
                </p>
              )}
            </div>
            <button type="submit" className="btn act big" disabled={isBusy}>
              {speak(isBusy ? "m1.signingIn" : "m1.signIn")}
            </button>
            {provider.value !== null && (
              <div className="stack-tight">
                <button
                  type="button"
                  className="btn big plain"
                  disabled={departure.isBusy}
                  onClick={() => departure.run(() => identity.leaveForProvider("sign_in"))}
                >
                  {speak(departure.isBusy ? "m1.providerBusy" : "m1.provider")}
                </button>
                {provider.value !== "" && (
                  <p className="fine centre">{speak("m1.providerHost", { host: provider.value })}</p>
                )}
                <Refused failure={departure.failure} fault={departure.isBusy ? null : refusedWords(returned, speak)} />
              </div>
            )}
            <p className="fine">{speak("app.about")}</p>
          </form>
        </section>
        <section className="sign-right">
          <div className="sign-side">
            {accounts.length > 0 && (
              <div className="demo">
                <h2>{speak("m1.demo")}</h2>
                <p className="i2 fine">{speak("m1.demoLead")}</p>
                <div className="demo-list">
                  {accounts.map((one) => (
                    <button
                      key={one.account}
                      type="button"
                      className="btn demo-one"
                      disabled={isBusy}
                      onClick={() => {
                        setAccount(one.account);
                        setPassword(one.password);
                        signIn(one.account, one.password);
                      }}
                    >
                      <b>{one.name}</b>
                      <span className="i2">{one.place}</span>
                      <Icon name="enter" size={18} />
                    </button>
                  ))}
                </div>
              </div>
            )}
            <ComputerCheck />
          </div>
        </section>
      </main>
    </GateFrame>
  );
}
