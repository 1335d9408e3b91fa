// Every sentence stands in both catalogues, and nowhere else.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { EN } from "../../src/messages/en";
import { languageFrom, speaker, type MessageKey } from "../../src/messages/speak";
import { ZH_CN } from "../../src/messages/zh_cn";

const KEYS = Object.keys(ZH_CN) as MessageKey[];
const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((match) => match[0]).sort();
const SRC = join(import.meta.dirname, "../../src");
const SOURCES = ["ui", "io", "protocol", "meet", "kiosk"].flatMap((folder) =>
  readdirSync(join(SRC, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name)),
);

describe("catalogues", () => {
  test("have the same keys", () => {
    expect(Object.keys(EN).sort()).toEqual([...KEYS].sort());
  });

  test.each(KEYS)("%s has the same places in both languages, and words", (key) => {
    expect(places(EN[key])).toEqual(places(ZH_CN[key]));
    expect(EN[key].trim()).not.toBe("");
    expect(ZH_CN[key].trim()).not.toBe("");
  });

  test("English holds no Chinese but its names", () => {
    const chinese = KEYS.filter((key) => /\p{Script=Han}/u.test(EN[key]));
    expect(chinese).toEqual(["brand", "app.language.zh-CN"]);
  });

  test("no exclamation marks, no 您 and no 成功 (interface.md §9)", () => {
    expect(KEYS.filter((key) => /[!！]|您|成功地|请稍候/.test(ZH_CN[key] + EN[key]))).toEqual([]);
  });
});

describe("speaking", () => {
  test("fills the places", () => {
    expect(speaker(ZH_CN)("m1.wrong", { tries: 4 })).toBe("密码不对，还可试 4 次。");
    expect(speaker(EN)("m1.wrong", { tries: 4 })).toBe("Wrong password. Tries left: 4.");
  });

  test("leaves a place without a value visible", () => {
    expect(speaker(ZH_CN)("m3.people")).toBe("{count} 人");
    expect(speaker(ZH_CN)("m3.people", {})).toBe("{count} 人");
  });

  test("takes codes of the service only where it has words for them", () => {
    const { keyOr } = speaker(EN);
    expect(keyOr("cause.disk_full", "cause.other")).toBe("cause.disk_full");
    expect(keyOr("cause.toString", "cause.other")).toBe("cause.other");
    expect(keyOr("constructor", "cause.other")).toBe("cause.other");
  });

  test("speaks Chinese unless English was chosen", () => {
    expect(languageFrom(null)).toBe("zh-CN");
    expect(languageFrom("fr")).toBe("zh-CN");
    expect(languageFrom("en")).toBe("en");
  });
});

/** Words that stand in the code: text between tags, texts of attributes that people meet, and any Chinese. */
function literalWords(name: string): string[] {
  const path = join(SRC, name);
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const spoken = ["title", "aria-label", "alt", "placeholder", "label"];
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && /\p{L}/u.test(node.text)) found.push(node.text.trim());
    if (ts.isStringLiteralLike(node) && /\p{Script=Han}/u.test(node.text)) found.push(node.text);
    if (ts.isTemplateExpression(node) && /\p{Script=Han}/u.test(node.getText())) found.push(node.getText());
    if (ts.isJsxAttribute(node) && spoken.includes(node.name.getText()) && node.initializer !== undefined) {
      if (ts.isStringLiteral(node.initializer) && /\p{L}/u.test(node.initializer.text))
        found.push(node.initializer.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test.each(SOURCES)("no sentence stands in %s", (path) => {
  expect(literalWords(path)).toEqual([]);
});

test("every key is used", () => {
  const code = SOURCES.map((path) => readFileSync(join(SRC, path), "utf8")).join("\n");
  // Keys that are put together from codes: their first part stands in the code.
  const families = [
    "case.word.",
    "s0.line.",
    "s0.notice.",
    "s0.waited.",
    "s1.next.",
    "s1.answer.",
    "s2.side.",
    "s2.still.",
    "s2.phrase.",
    "s2.keys.",
    "cause.",
    "fault.",
    "event.",
    "weekday.",
    "day.",
    "m3.step.",
    "end.",
    "ladder.",
    "device.",
    "truth.ecg.",
    "truth.state.",
    "m4.state.",
    "app.language.",
    "account.",
    "admin.",
    "detail.",
    "device.kind.",
    "ecg.export.",
    "ecg.files.",
    "ecg.keys.",
    "ecg.lane.",
    "ecg.layout.",
    "ecg.measure.",
    "ecg.notch.",
    "ecg.vital.",
    "devices.state.",
    "fact.",
    "family.",
    "institution.kind.",
    "kind.",
    "kiosk.sex.",
    "kiosk.complaint.",
    "kiosk.since.",
    "kiosk.pace.",
    "kiosk.gap.",
    "kiosk.purpose.",
    "kiosk.purposeMore.",
    "kiosk.giver.",
    "kiosk.consent.gap.",
    "kiosk.ring.step.",
    "kiosk.ring.station.",
    "kiosk.cancel.",
    "kiosk.call.why.",
    "kiosk.adopt.",
    "kiosk.why.",
    "kiosk.reply.go.",
    "kiosk.reply.gap.",
    "kiosk.part.",
    "kiosk.result.",
    "ledger.key.",
    "licence.kind.",
    "nav.",
    "password.fault.",
    "personal.",
    "purpose.",
    "refusal.",
    "report.state.",
    "report.step.",
    "report.group.",
    "report.gate.",
    "report.gateShut.",
    "report.lock.",
    "report.sign.",
    "report.critical.",
    "report.work.",
    "role.",
    "roster.line.",
    "roster.preset.",
    "roster.view.",
    "security.has.",
    "setting.",
    "subject.",
    "trace.fault.",
    "value.",
    "trace.sex.",
    "trace.tab.",
    "webhooks.state.",
  ];
  const unused = KEYS.filter((key) => !code.includes(`"${key}"`) && !families.some((family) => key.startsWith(family)));
  expect(unused).toEqual([]);
});
