import { describe, expect, test } from "vitest";
import { CASE_STATES, type CaseState } from "../../src/protocol/consultation";
import {
  emergencyPhones,
  followCase,
  nextScreen,
  repliesOf,
  screenOf,
  unfinished,
  unreadCount,
  type Screen,
  type Touch,
} from "../../src/protocol/kiosk_way";

const one = (state: CaseState, updated_at_ms: number) => ({ state, updated_at_ms });

describe("the way", () => {
  test("from the first touch to the reply", () => {
    const touches: Touch[] = ["choose_patient", "patient_known", "ask", "go_on", "go_on"];
    let screen: Screen = "home";
    const seen = touches.map((touch) => (screen = nextScreen(screen, touch)));
    expect(seen).toEqual(["patient", "home", "request", "consent", "ringing"]);
  });

  test("a touch that is not listed leads nowhere", () => {
    expect(nextScreen("ringing", "back")).toBe("ringing");
    expect(nextScreen("home", "done")).toBe("home");
  });
});

describe("a case that is under way", () => {
  test("has a screen in every state", () => {
    expect(CASE_STATES.map(screenOf)).toEqual([
      "consent",
      "ringing",
      "ringing",
      "ringing",
      "ringing",
      "call",
      "call",
      "reply",
      "reply",
      "reply",
      "home",
    ]);
  });

  test("is found again after the tab was closed: the latest of them", () => {
    const cases = [one("active", 5), one("ringing", 9), one("accepted", 7), one("signed", 20), one("drafted", 30)];
    expect(unfinished(cases)).toBe(cases[1]);
    expect(unfinished([one("closed", 1)])).toBeNull();
  });

  test("gives way to a request that was begun and not sent only where nobody waits", () => {
    const cases = [one("drafted", 3), one("drafted", 8), one("signed", 9)];
    expect(unfinished(cases)).toBe(cases[1]);
  });

  test("leads its own screens, and no others", () => {
    expect(followCase("ringing", "accepted")).toBe("call");
    expect(followCase("ringing", "timed_out")).toBe("ringing");
    expect(followCase("ringing", "cancelled")).toBe("home");
    expect(followCase("call", "ringing")).toBe("ringing");
    expect(followCase("call", "closed")).toBe("reply");
    expect(followCase("home", "accepted")).toBe("home");
  });

  test("does not end a call because the opinion is signed", () => {
    expect(followCase("call", "signed")).toBe("call");
  });
});

describe("replies", () => {
  test("unread ones first, then the latest", () => {
    const cases = [one("closed", 9), one("signed", 3), one("ringing", 8), one("signed", 4), one("acknowledged", 20)];
    expect(repliesOf(cases).map((c) => c.updated_at_ms)).toEqual([4, 3, 20, 9]);
    expect(unreadCount(cases)).toBe(2);
  });
});

test("the numbers at 急救: emergency medicine first, each once, none that is empty", () => {
  const phone = (code: string, duty_phone: string) => ({ code, institution_name: "h", duty_phone });
  const phones = emergencyPhones([
    phone("cardiology", "1"),
    phone("neurology", ""),
    phone("emergency", "2"),
    phone("imaging", "1"),
  ]);
  expect(phones.map((found) => found.duty_phone)).toEqual(["2", "1"]);
});
