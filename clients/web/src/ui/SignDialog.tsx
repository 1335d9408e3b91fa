// Signing: the factor is given in the very request that signs, for an opinion as for a report.

import { useEffect, useRef, useState, type ReactNode } from "react";
import { hasPasskeys } from "../io/passkey";
import { ApiFailure } from "../protocol/api";
import { firstFactor, type SigningFactor } from "../protocol/opinion";
import { sixDigits } from "../protocol/secrets";
import { Refused, TextField } from "./forms";
import { useActing } from "./hooks";
import { Icon } from "./Icon";
import { Dialog } from "./pieces";
import { useWorld } from "./world";

/** What is given; null: a passkey, which the browser asks for. */
export type Proof = { code: string } | { password: string } | null;

export function SignDialog(props: {
  title: string;
  /** Whom and what it is about. */
  children: ReactNode;
  /** What follows from it, in small words. */
  more: string;
  factors: readonly SigningFactor[];
  sign: (proof: Proof) => Promise<void>;
  onClose: () => void;
  /** What is signed is not any more what the page shows. */
  onStale: () => void;
}) {
  const { speak } = useWorld();
  const [given, setGiven] = useState("");
  const [way, setWay] = useState(() => firstFactor(props.factors, hasPasskeys()));
  const act = useActing();
  const form = useRef<HTMLFormElement>(null);
  // The dialog gives the focus to its first button; whoever signs by keyboard goes on with the factor.
  useEffect(() => form.current?.querySelector<HTMLElement>("input, [type=submit]")?.focus(), [way]);
  const sign = (): void =>
    act.run(async () => {
      try {
        await props.sign(way === "passkey" ? null : way === "password" ? { password: given } : { code: given });
      } catch (error) {
        setGiven("");
        if (error instanceof ApiFailure && error.status === 409) props.onStale();
        throw error;
      }
    });
  const isReady = way === "passkey" || (way === "password" ? given !== "" : given.length === 6);
  const other = props.factors.find((one) => one !== way) ?? null;
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form
        ref={form}
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) sign();
        }}
      >
        {props.children}
        {way === null ? (
          <p className="refusal">
            <span className="tri" aria-hidden="true" />
            {speak("refusal.sign_factor_missing")}
          </p>
        ) : way === "passkey" ? (
          <p>{speak("factor.passkeyLead")}</p>
        ) : way === "password" ? (
          <TextField
            label={speak("s2.sign.password")}
            type="password"
            autoComplete="current-password"
            value={given}
            isFirst
            onChange={setGiven}
          />
        ) : (
          <TextField
            label={speak("factor.code")}
            hint={speak("factor.codeHint")}
            value={given}
            inputMode="numeric"
            autoComplete="one-time-code"
            isBig
            isFirst
            onChange={(typed) => setGiven(sixDigits(typed))}
          />
        )}
        <Refused failure={act.failure} />
        <p className="fine">{props.more}</p>
        <button type="submit" className="btn act big" disabled={!isReady || act.isBusy}>
          <Icon name={way === "passkey" ? "key" : "pen"} size={22} />
          {speak(
            way === "passkey"
              ? act.isBusy
                ? "factor.passkeyBusy"
                : "s2.sign.key"
              : act.isBusy
                ? "s2.signing"
                : "s2.sign",
          )}
        </button>
        {other !== null && (
          <button
            type="button"
            className="btn full"
            onClick={() => {
              act.forget();
              setGiven("");
              setWay(other);
            }}
          >
            <Icon name={other === "passkey" ? "key" : "phone"} size={18} />
            {speak(other === "passkey" ? "factor.instead.passkey" : "factor.instead.code")}
          </button>
        )}
      </form>
    </Dialog>
  );
}
