import { describe, expect, it } from "vitest";
import { preferred, restarted } from "../../src/protocol/fresh_ice";

describe("an offer that restarts ICE", () => {
  const inForce = [
    "v=0",
    "a=ice-ufrag:old1",
    "a=ice-pwd:oldpassword",
    "a=candidate:1 1 udp 1 10.0.0.1 5 typ host",
    "a=end-of-candidates",
    "m=video",
    "a=ice-ufrag:old1",
    "a=ice-pwd:oldpassword",
    "a=mid:1",
    "",
  ].join("\r\n");

  it("has the fresh credentials, no old candidates, and all else as it was", () => {
    const created = "v=0\r\na=ice-ufrag:new1\r\na=ice-pwd:newpassword\r\na=mid:1\r\n";
    expect(restarted(inForce, created)?.split("\r\n")).toEqual([
      "v=0",
      "a=ice-ufrag:new1",
      "a=ice-pwd:newpassword",
      "m=video",
      "a=ice-ufrag:new1",
      "a=ice-pwd:newpassword",
      "a=mid:1",
      "",
    ]);
  });

  it("is none without credentials", () => {
    expect(restarted(inForce, "v=0\r\na=ice-ufrag:new1\r\n")).toBeNull();
    expect(restarted(inForce, "v=0\r\na=ice-pwd:p\r\n")).toBeNull();
  });
});

describe("the answer to it", () => {
  const UDP = "a=candidate:1 1 udp 1862336511 10.0.0.1 5 typ host";
  const TCP = "a=candidate:101 1 tcp 1526792191 10.0.0.1 5 typ host tcptype passive";
  const generations = (text: string, count: number): string =>
    count === 0 ? text : generations(preferred(text), count - 1);
  const inForce = ["v=0", "a=ice-lite", "a=ice-ufrag:server", "a=ice-pwd:p", "a=mid:1", ""];

  it("names the same server anew each time, and leaves all else", () => {
    const after = (count: number): string => generations(inForce.join("\r\n"), count).split("\r\n")[2] ?? "";
    expect([1, 2, 11].map(after)).toEqual([1, 2, 11].map((number) => `a=ice-ufrag:server+${number}`));
    const changed = preferred(inForce.join("\r\n")).split("\r\n");
    expect(changed.toSpliced(2, 1)).toEqual(inForce.toSpliced(2, 1));
  });

  it("has candidates that each cost less and stand higher than those before", () => {
    const written = `${UDP} generation 0 ufrag server network-id 1 network-cost 999`;
    expect(preferred(written)).toBe("a=candidate:1 1 udp 1862402047 10.0.0.1 5 typ host network-cost 99");
    const costs = [0, 1, 2, 3, 4].map((count) => generations(written, count).split(" ").at(-1));
    expect(costs).toEqual(["999", "99", "49", "0", "0"]);
    expect(preferred(TCP)).toBe("a=candidate:101 1 tcp 1526857727 10.0.0.1 5 typ host tcptype passive network-cost 0");
  });

  it("keeps their order and their type, however often", () => {
    const priority = (text: string): number => Number(text.split(" ")[3]);
    const [udp, tcp] = [priority(generations(UDP, 300)), priority(generations(TCP, 300))];
    expect([udp >> 24, tcp >> 24]).toEqual([priority(UDP) >> 24, priority(TCP) >> 24]);
    expect([(udp >> 16) & 0xff, (tcp >> 16) & 0xff]).toEqual([255, 255]);
  });
});
