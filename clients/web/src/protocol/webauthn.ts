// WebAuthn's JSON forms (W3C WebAuthn Level 3 §5.1.8, §5.1.9) for browsers that cannot read or write them themselves.

import { isRecord } from "./api";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** base64url without padding (RFC 4648 §5). */
export function toBase64url(buffer: ArrayBuffer): string {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const bits = (a << 16) | (b << 8) | c;
    const letters = [bits >> 18, (bits >> 12) & 63, (bits >> 6) & 63, bits & 63].slice(0, bytes.length - at + 1);
    text += letters.map((letter) => ALPHABET.charAt(letter)).join("");
  }
  return text;
}

/** The bytes of base64url, with or without padding. RangeError for anything else. */
export function fromBase64url(text: string): ArrayBuffer {
  const letters = text.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((letters.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of letters) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) throw new RangeError("not base64url");
    bits = ((bits << 6) | value) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at] = (bits >> held) & 255;
      at += 1;
    }
  }
  return bytes.buffer;
}

const bytesOf = (value: unknown): ArrayBuffer => fromBase64url(typeof value === "string" ? value : "");

function descriptors(value: unknown): PublicKeyCredentialDescriptor[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((one) => ({ ...one, type: "public-key", id: bytesOf(one["id"]) }));
}

/** What navigator.credentials.create takes, from the server's JSON. */
export function creationOptions(json: Record<string, unknown>): PublicKeyCredentialCreationOptions {
  const user = isRecord(json["user"]) ? json["user"] : {};
  return {
    ...json,
    challenge: bytesOf(json["challenge"]),
    user: { ...user, id: bytesOf(user["id"]) },
    excludeCredentials: descriptors(json["excludeCredentials"]),
  } as unknown as PublicKeyCredentialCreationOptions;
}

/** What navigator.credentials.get takes, from the server's JSON. */
export function requestOptions(json: Record<string, unknown>): PublicKeyCredentialRequestOptions {
  return {
    ...json,
    challenge: bytesOf(json["challenge"]),
    allowCredentials: descriptors(json["allowCredentials"]),
  };
}

/** The parts of a credential that the server asks for, as the browser gives them. */
export interface RawCredential {
  id: string;
  rawId: ArrayBuffer;
  response: {
    clientDataJSON: ArrayBuffer;
    attestationObject?: ArrayBuffer;
    authenticatorData?: ArrayBuffer;
    signature?: ArrayBuffer;
    userHandle?: ArrayBuffer | null;
  };
}

/** A credential as JSON: a registration or an assertion, by what its response holds. */
export function credentialJson(credential: RawCredential): Record<string, unknown> {
  const { clientDataJSON, attestationObject, authenticatorData, signature, userHandle } = credential.response;
  const parts = { clientDataJSON, attestationObject, authenticatorData, signature, userHandle };
  const response = Object.fromEntries(
    Object.entries(parts).flatMap(([name, part]) => (part == null ? [] : [[name, toBase64url(part)]])),
  );
  return {
    id: credential.id,
    rawId: toBase64url(credential.rawId),
    type: "public-key",
    response,
    clientExtensionResults: {},
  };
}
