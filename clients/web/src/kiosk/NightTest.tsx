// The self-test that runs by itself at 03:00, when nobody is signed in; draws nothing.

import { keep, kept } from "../io/preferences";
import { runSelfTest } from "../io/selftest_run";
import { isNightlyDue } from "../protocol/selftest";
import { useWorld } from "../ui/world";
import { useKiosk } from "./reach";
import { useEvery } from "../ui/hooks";

const LOOK_EVERY_MS = 30_000;

export function NightTest({ isIdle }: { isIdle: boolean }) {
  const { backend, devices } = useWorld();
  const { desk } = useKiosk();
  useEvery(LOOK_EVERY_MS, () => {
    const now = new Date();
    // Somebody who is signed in at three in the morning has a patient: a test would take the camera from them.
    if (!isIdle || !isNightlyDue(Number(kept("selftest") ?? 0), now)) return;
    keep("selftest", String(now.getTime()));
    void runSelfTest({ backend, devices, desk }, { onPart: () => undefined, onBars: () => undefined }).then((test) =>
      // A kiosk that is no enrolled device may not speak for itself: nothing is noted then, and the home screen says so.
      desk.reportSelfTest(test).catch(() => undefined),
    );
  });
  return null;
}
