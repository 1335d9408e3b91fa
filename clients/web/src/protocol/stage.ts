// Who is shown large: what someone picked, else a shared screen, else who speaks, else who spoke last.

export interface Seat {
  identity: string;
  is_self: boolean;
  has_screen: boolean;
  is_speaking: boolean;
}

export interface StageChoice {
  identity: string;
  source: "camera" | "screen";
}

/** A new voice must last this long before the picture changes: a cough is not a turn. */
export const TURN_AFTER_MS = 1200;

export interface Turn {
  /** Whose turn it is; null before anyone else has spoken. */
  readonly identity: string | null;
  readonly rival: string | null;
  readonly since_ms: number;
}

export const NO_TURN: Turn = { identity: null, rival: null, since_ms: 0 };

/** Takes who speaks now. The person at the page never takes their own stage. */
export function stepTurn(turn: Turn, seats: readonly Seat[], now_ms: number): Turn {
  const others = seats.filter((seat) => !seat.is_self);
  const holder = others.find((seat) => seat.identity === turn.identity);
  const voices = others.filter((seat) => seat.is_speaking);
  const [firstVoice] = voices;
  if (holder?.is_speaking === true || firstVoice === undefined) {
    return { identity: holder?.identity ?? null, rival: null, since_ms: now_ms };
  }
  const rival = voices.find((seat) => seat.identity === turn.rival) ?? firstVoice;
  if (holder === undefined) return { identity: rival.identity, rival: null, since_ms: now_ms };
  const since_ms = rival.identity === turn.rival ? turn.since_ms : now_ms;
  if (now_ms - since_ms >= TURN_AFTER_MS) return { identity: rival.identity, rival: null, since_ms: now_ms };
  return { identity: turn.identity, rival: rival.identity, since_ms };
}

/** Who stands on the stage; null when the person at the page is alone. */
export function chooseStage(seats: readonly Seat[], turn: Turn, picked: StageChoice | null): StageChoice | null {
  const others = seats.filter((seat) => !seat.is_self);
  if (picked !== null) {
    const seat = seats.find((one) => one.identity === picked.identity);
    if (seat !== undefined && (picked.source === "camera" || seat.has_screen)) return picked;
  }
  const sharer = others.find((seat) => seat.has_screen);
  if (sharer !== undefined) return { identity: sharer.identity, source: "screen" };
  const holder = others.find((seat) => seat.identity === turn.identity) ?? others[0];
  return holder === undefined ? null : { identity: holder.identity, source: "camera" };
}
