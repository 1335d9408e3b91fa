// The own account over the API: second factors, with WebAuthn where the browser has it, password, identity provider.

import { ApiFailure, isRecord } from "../protocol/api";
import type { Account } from "../protocol/session";
import { creationOptions, credentialJson, requestOptions, type RawCredential } from "../protocol/webauthn";
import { call } from "./call";
import type { Identity, Passkey, TotpOffer } from "./desk_ports";
import { accountOf } from "./rest";

/** Passkeys need a page over https (or localhost) and a browser that has them. */
export function hasPasskeys(): boolean {
  return window.isSecureContext && "credentials" in navigator && "PublicKeyCredential" in window;
}

/** What a browser's refusal means to the person: they let it be, the key is there already, or it does not work here. */
function passkeyFailure(error: unknown): ApiFailure {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return new ApiFailure(400, "passkey_let_be", null, {});
  if (name === "InvalidStateError") return new ApiFailure(400, "passkey_known", null, {});
  return new ApiFailure(400, "passkey_unusable", null, {});
}

async function optionsFor(purpose: "add" | "give"): Promise<Record<string, unknown>> {
  if (!hasPasskeys()) throw new ApiFailure(400, "passkey_unusable", null, {});
  const answer = await call("POST", "/api/v1/session/passkeys/options", { purpose });
  const options = isRecord(answer) && isRecord(answer["options"]) ? answer["options"] : {};
  return isRecord(options["publicKey"]) ? options["publicKey"] : options;
}

export class RestIdentity implements Identity {
  async giveCode(code: string): Promise<Account> {
    return accountOf(await call("POST", "/api/v1/session/second-factor", { code }));
  }

  async givePasskey(): Promise<Account> {
    const publicKey = requestOptions(await optionsFor("give"));
    const credential = await navigator.credentials.get({ publicKey }).catch((error: unknown) => {
      throw passkeyFailure(error);
    });
    const passkey = credentialJson(credential as unknown as RawCredential);
    return accountOf(await call("POST", "/api/v1/session/second-factor", { passkey }));
  }

  async offerTotp(): Promise<TotpOffer> {
    return (await call("POST", "/api/v1/session/totp")) as TotpOffer;
  }

  async confirmTotp(code: string): Promise<Account> {
    return accountOf(await call("POST", "/api/v1/session/totp/confirm", { code }));
  }

  async addPasskey(name: string): Promise<Account> {
    const publicKey = creationOptions(await optionsFor("add"));
    const made = await navigator.credentials.create({ publicKey }).catch((error: unknown) => {
      throw passkeyFailure(error);
    });
    const credential = credentialJson(made as unknown as RawCredential);
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
