// The key of an enrolled device: made by WebCrypto, not extractable, kept in this browser's IndexedDB.

import { toBase64url } from "../protocol/webauthn";

export type KeyAlgorithm = "ed25519" | "ecdsa-p256";

export interface KeptKey {
  device: string;
  algorithm: KeyAlgorithm;
  /** Cannot be read out: the browser signs with it and gives it to nobody. */
  key: CryptoKey;
}

const DATABASE = "lianzhen-device";
const STORE = "key";
const ONLY = "own";

function open(): Promise<IDBDatabase> {
  return new Promise((done, failed) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error ?? new Error("indexedDB"));
  });
}

async function inStore<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((done, failed) => {
      const transaction = database.transaction(STORE, mode);
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(request.result);
      transaction.onabort = () => failed(transaction.error ?? new Error("indexedDB"));
    });
  } finally {
    database.close();
  }
}

/** The kept key; null in a browser that was not enrolled. */
export async function keptKey(): Promise<KeptKey | null> {
  const kept = await inStore<unknown>("readonly", (store) => store.get(ONLY) as IDBRequest<unknown>);
  return (kept as KeptKey | undefined) ?? null;
}

export async function keepKey(kept: KeptKey): Promise<void> {
  await inStore("readwrite", (store) => store.put(kept, ONLY));
}

/** Whether this page may make keys at all: only over https or on localhost. */
export function canMakeKeys(): boolean {
  return window.isSecureContext && "indexedDB" in window;
}

/** A fresh key pair: Ed25519 where the browser has it, else P-256. The public half as the service takes it. */
export async function makeKey(): Promise<{ algorithm: KeyAlgorithm; key: CryptoKey; publicKey: string }> {
  try {
    const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    const raw = await crypto.subtle.exportKey("raw", pair.publicKey);
    return { algorithm: "ed25519", key: pair.privateKey, publicKey: toBase64url(raw) };
  } catch {
    // Browsers below Chrome 137 have no Ed25519.
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
    return { algorithm: "ecdsa-p256", key: pair.privateKey, publicKey: toBase64url(spki) };
  }
}

/** The signature of a text, base64url. */
export async function sign(algorithm: KeyAlgorithm, key: CryptoKey, text: string): Promise<string> {
  const how = algorithm === "ed25519" ? { name: "Ed25519" } : { name: "ECDSA", hash: "SHA-256" };
  return toBase64url(await crypto.subtle.sign(how, key, new TextEncoder().encode(text)));
}
