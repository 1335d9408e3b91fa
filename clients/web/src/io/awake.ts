// Keeps the screen of a phone or tablet on while its owner is in a room.

/** Until the returned function is called. Browsers without wake locks, and empty batteries, are no hindrance. */
export function stayAwake(): () => void {
  // Absent in pages that are neither https nor localhost, whatever the type says.
  const wakeLock = navigator.wakeLock as WakeLock | undefined;
  let isWanted = true;
  let lock: WakeLockSentinel | null = null;
  const hold = (): void => {
    if (wakeLock === undefined || document.visibilityState !== "visible") return;
    wakeLock.request("screen").then(
      (held) => {
        lock = held;
        if (!isWanted) void held.release();
      },
      () => undefined,
    );
  };
  // The browser takes the lock away from a hidden page; it must be asked for again.
  document.addEventListener("visibilitychange", hold);
  hold();
  return () => {
    isWanted = false;
    document.removeEventListener("visibilitychange", hold);
    void lock?.release();
  };
}
