// One request to the pages' API: JSON both ways, a limit in time, and failures as ApiFailure.

import { ApiFailure, failureFrom, unreachable } from "../protocol/api";

/** A request without an answer for this long is given up: a person waits no longer without a word. */
const REQUEST_LIMIT_MS = 15_000;

export interface CallExtras {
  limit_ms?: number;
  /** A device's session, where it is a device that asks. */
  bearer?: string;
}

/** The answer's JSON, null for an empty one. Rejects with ApiFailure and nothing else. */
export async function call(method: string, path: string, body?: object, extras: CallExtras = {}): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(extras.limit_ms ?? REQUEST_LIMIT_MS),
      headers: {
        // Refusals come in the language of the page, which need not be the browser's.
        "Accept-Language": document.documentElement.lang,
        ...(extras.bearer === undefined ? {} : { Authorization: `Bearer ${extras.bearer}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw unreachable();
  }
  const text = await response.text().catch(() => "");
  let answer: unknown = null;
  try {
    answer = text === "" ? null : JSON.parse(text);
  } catch {
    answer = null;
  }
  if (!response.ok) throw failureFrom(response.status, answer);
  return answer;
}

/** The bytes of a file. Rejects with ApiFailure and nothing else. */
export async function callForBytes(path: string, limit_ms = REQUEST_LIMIT_MS): Promise<Blob> {
  return (await callForFile(path, limit_ms)).content;
}

/** A file with the name that the service gives it; "" where it gives none. Rejects with ApiFailure and nothing else. */
export async function callForFile(path: string, limit_ms: number): Promise<{ name: string; content: Blob }> {
  try {
    const response = await fetch(path, {
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(limit_ms),
      headers: { "Accept-Language": document.documentElement.lang },
    });
    if (!response.ok) throw failureFrom(response.status, await response.json().catch(() => null));
    const [, name = ""] = /filename="([^"]*)"/.exec(response.headers.get("Content-Disposition") ?? "") ?? [];
    return { name, content: await response.blob() };
  } catch (error) {
    throw error instanceof ApiFailure ? error : unreachable();
  }
}

/** A name as a part of a path. */
export const part = encodeURIComponent;

/** `?a=1&b=2` of what is there; nothing for what is empty. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}
