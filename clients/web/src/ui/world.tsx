// What every screen may reach: the outside world through its ports, the language, and the one live region.

import { createContext, use } from "react";
import type { Account, News } from "../protocol/api";
import type { Backend, Devices, OpenMeeting } from "../io/ports";
import type { Language, Speak } from "../messages/speak";

export interface Network {
  /** The last round trip in milliseconds; null while the service does not answer. */
  round_trip_ms: number | null;
  /** It has been asked at least once. */
  is_known: boolean;
  tries: number;
  /** When it is asked again (wall clock). */
  next_try_at_ms: number;
  last_good_at_ms: number | null;
  tryNow: () => void;
}

export interface World {
  backend: Backend;
  devices: Devices;
  openMeeting: OpenMeeting;
  language: Language;
  speak: Speak;
  setLanguage: (language: Language) => void;
  theme: "light" | "reading";
  setTheme: (theme: "light" | "reading") => void;
  hasKeys: boolean;
  setKeys: (hasKeys: boolean) => void;
  network: Network;
  account: Account | null;
  signedIn: (account: Account) => void;
  /** The session is over, by will or by time. */
  signedOut: () => void;
  onPush: (listener: (news: News) => void) => () => void;
  /** Says something to a screen reader, once. */
  announce: (sentence: string, isUrgent?: boolean) => void;
}

export const WorldContext = createContext<World | null>(null);

export function useWorld(): World {
  const world = use(WorldContext);
  if (world === null) throw new Error("a screen stands outside WorldContext");
  return world;
}
