// WebAuthn's JSON forms, QR codes, what devices sign, and codes and passwords as people type them.

import { describe, expect, test } from "vitest";
import { deviceCode, enrolmentText, sessionText } from "../../src/protocol/device_words";
import { QUIET_MODULES, qrPath } from "../../src/protocol/qr";
import { passwordFault, sixDigits } from "../../src/protocol/secrets";
import {
  creationOptions,
  credentialJson,
  fromBase64url,
  requestOptions,
  toBase64url,
} from "../../src/protocol/webauthn";

const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;
const list = (buffer: BufferSource): number[] => [...new Uint8Array(buffer as ArrayBuffer)];

describe("base64url", () => {
  // RFC 4648 §10, without padding, and the two letters in which it differs from base64.
  test.each([
    ["", ""],
    ["f", "Zg"],
    ["fo", "Zm8"],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg"],
    ["fooba", "Zm9vYmE"],
    ["foobar", "Zm9vYmFy"],
  ])("%j is %j", (plain, encoded) => {
    expect(toBase64url(new TextEncoder().encode(plain).buffer)).toBe(encoded);
    expect(new TextDecoder().decode(fromBase64url(encoded))).toBe(plain);
  });

  test("uses - and _, and takes padding", () => {
    expect(toBase64url(bytes(0xfb, 0xff))).toBe("-_8");
    expect(list(fromBase64url("-_8="))).toEqual([0xfb, 0xff]);
  });

  test("comes back whole for every length and byte", () => {
    for (let length = 0; length < 70; length += 1) {
      const values = Array.from({ length }, (_, i) => (i * 37 + length) % 256);
      expect(list(fromBase64url(toBase64url(bytes(...values))))).toEqual(values);
    }
  });

  test("refuses other letters", () => {
    expect(() => fromBase64url("a+b")).toThrow(RangeError);
  });
});

describe("WebAuthn", () => {
  test("creation options get their bytes", () => {
    const options = creationOptions({
      challenge: "AQI",
      rp: { id: "h", name: "H" },
      user: { id: "Aw", name: "a", displayName: "A" },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      excludeCredentials: [{ id: "BA", transports: ["usb"] }, 3],
    });
    expect(list(options.challenge)).toEqual([1, 2]);
    expect(list(options.user.id)).toEqual([3]);
    expect(options.user.name).toBe("a");
    expect(options.rp.id).toBe("h");
    expect(options.excludeCredentials?.map((one) => [one.type, list(one.id), one.transports])).toEqual([
      ["public-key", [4], ["usb"]],
    ]);
  });

  test("options without what they need have empty bytes, for the browser to refuse", () => {
    expect(list(creationOptions({}).challenge)).toEqual([]);
    expect(list(creationOptions({}).user.id)).toEqual([]);
  });

  test("request options get their bytes", () => {
    const options = requestOptions({ challenge: "AQI", rpId: "h", allowCredentials: [{ id: "Bw" }] });
    expect(list(options.challenge)).toEqual([1, 2]);
    expect(options.rpId).toBe("h");
    expect(options.allowCredentials?.map((one) => list(one.id))).toEqual([[7]]);
  });

  test("a registration is written with its attestation", () => {
    const credential = {
      id: "x",
      rawId: bytes(1),
      response: { clientDataJSON: bytes(2), attestationObject: bytes(3) },
    };
    expect(credentialJson(credential)).toEqual({
      id: "x",
      rawId: "AQ",
      type: "public-key",
      response: { clientDataJSON: "Ag", attestationObject: "Aw" },
      clientExtensionResults: {},
    });
  });

  test("an assertion is written with its signature; a user handle that is not there is left out", () => {
    const credential = {
      id: "x",
      rawId: bytes(1),
      response: { clientDataJSON: bytes(2), authenticatorData: bytes(3), signature: bytes(4), userHandle: null },
    };
    expect(credentialJson(credential)["response"]).toEqual({
      clientDataJSON: "Ag",
      authenticatorData: "Aw",
      signature: "BA",
    });
  });
});

test("dark modules of a row are drawn in one stroke", () => {
  const rows = ["##.", "...", "#.#"];
  const at = QUIET_MODULES;
  expect(qrPath(3, (row, column) => rows[row]?.[column] === "#")).toBe(
    `M${at} ${at}h2v1H${at}z` + `M${at} ${at + 2}h1v1H${at}z` + `M${at + 2} ${at + 2}h1v1H${at + 2}z`,
  );
});

describe("what a device signs", () => {
  test("is the text that signaling/auth/device_keys.py puts together", () => {
    expect(enrolmentText("k7qm-2xpd", "KEY", 12)).toBe("lianzhen device enrolment v1\nK7QM2XPD\nKEY\n12");
    expect(sessionText("dv_1", "CH", 3, 4)).toBe("lianzhen device session v1\ndv_1\nCH\n3\n4");
  });

  test("holds the code without what people put between its letters", () => {
    expect(deviceCode(" k7qm–2xpd ")).toBe("K7QM2XPD");
  });
});

describe("typed secrets", () => {
  test("six digits are what is left of a typed code", () => {
    expect(sixDigits("12 34-567")).toBe("123456");
    expect(sixDigits("a1")).toBe("1");
  });

  test("a new password is long enough and twice the same", () => {
    expect(passwordFault("  ", "")).toBe("empty");
    expect(passwordFault("床前明月光", "床前明月光")).toBe("short");
    expect(passwordFault("床前明月光疑是地上霜", "床前明月光")).toBe("repeat");
    expect(passwordFault("床前明月光疑是地上霜", "床前明月光疑是地上霜")).toBeNull();
  });
});
