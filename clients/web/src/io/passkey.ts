// Security keys and passkeys as the browser asks for them (WebAuthn), and what its refusals mean to a person.

import { ApiFailure, isRecord } from "../protocol/api";
import { creationOptions, credentialJson, requestOptions, type RawCredential } from "../protocol/webauthn";

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

/** What the service wants to be asked; `ask` is the request for it. */
async function optionsFrom(ask: () => Promise<unknown>): Promise<Record<string, unknown>> {
  if (!hasPasskeys()) throw new ApiFailure(400, "passkey_unusable", null, {});
  const answer = await ask();
  const options = isRecord(answer) && isRecord(answer["options"]) ? answer["options"] : {};
  return isRecord(options["publicKey"]) ? options["publicKey"] : options;
}

/** Has the browser use one of the enrolled keys; its answer as JSON. */
export async function answerOfKey(ask: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const publicKey = requestOptions(await optionsFrom(ask));
  const credential = await navigator.credentials.get({ publicKey }).catch((error: unknown) => {
    throw passkeyFailure(error);
  });
  return credentialJson(credential as unknown as RawCredential);
}

/** Has the browser make a new key; what it is, as JSON. */
export async function newKey(ask: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const publicKey = creationOptions(await optionsFrom(ask));
  const made = await navigator.credentials.create({ publicKey }).catch((error: unknown) => {
    throw passkeyFailure(error);
  });
  return credentialJson(made as unknown as RawCredential);
}
