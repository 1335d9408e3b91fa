// The own account over the API: second factors, with WebAuthn where the browser has it, password, identity provider.

import { ApiFailure, isRecord } from "../protocol/api";
import type { Account } from "../protocol/session";
import { call } from "./call";
import type { Identity, Passkey, TotpOffer } from "./desk_ports";
import { answerOfKey, newKey } from "./passkey";
import { accountOf } from "./rest";

const options = (purpose: "add" | "give") => () => call("POST", "/api/v1/session/passkeys/options", { purpose });

export class RestIdentity implements Identity {
  async giveCode(code: string): Promise<Account> {
    return accountOf(await call("POST", "/api/v1/session/second-factor", { code }));
  }

  async givePasskey(): Promise<Account> {
    const passkey = await answerOfKey(options("give"));
    return accountOf(await call("POST", "/api/v1/session/second-factor", { passkey }));
  }

  async offerTotp(): Promise<TotpOffer> {
    return (await call("POST", "/api/v1/session/totp")) as TotpOffer;
  }

  async confirmTotp(code: string): Promise<Account> {
    return accountOf(await call("POST", "/api/v1/session/totp/confirm", { code }));
  }

  async addPasskey(name: string): Promise<Account> {
    const credential = await newKey(options("add"));
    return accountOf(await call("POST", "/api/v1/session/passkeys", { name, credential }));
  }

  async passkeys(): Promise<Passkey[]> {
    return ((await call("GET", "/api/v1/session/passkeys")) as { passkeys: Passkey[] }).passkeys;
  }

  async changePassword(old: string, fresh: string): Promise<void> {
    await call("POST", "/api/v1/session/password", { password: old, new_password: fresh });
  }

  async provider(): Promise<string | null> {
    try {
      const offer = await call("GET", "/api/v1/session/oidc");
      if (!isRecord(offer) || offer["is_offered"] !== true) return null;
      return typeof offer["issuer_host"] === "string" ? offer["issuer_host"] : "";
    } catch (error) {
      // A service without it says that there is nothing: then nothing is offered.
      if (error instanceof ApiFailure && !error.isOffline) return null;
      throw error;
    }
  }

  async leaveForProvider(why: "sign_in" | "link"): Promise<void> {
    const path = why === "link" ? "/api/v1/session/oidc/link" : "/api/v1/session/oidc";
    const departure = (await call("POST", path)) as { url: string };
    location.assign(departure.url);
  }
}
