// The self-test at one touch: camera, microphone, speaker, network and clock, each with its own word.

import { useState } from "react";
import { runSelfTest } from "../io/selftest_run";
import {
  failedParts,
  isPassed,
  PARTS,
  type KnownSelfTest,
  type Part,
  type PartResult,
  type SelfTest,
} from "../protocol/selftest";
import { timeOfDay } from "../protocol/times";
import type { Speak } from "../messages/speak";
import { Icon } from "../ui/Icon";
import { useTitle } from "../ui/hooks";
import { LevelMeter } from "../ui/pieces";
import { offsetWords } from "../ui/words";
import { useWorld } from "../ui/world";
import { Bar } from "./pieces";
import { useKiosk } from "./reach";

type Results = Partial<Record<Part, PartResult>>;

export function SelfTestPage({ onBack }: { onBack: () => void }) {
  const { backend, devices, speak } = useWorld();
  const { desk } = useKiosk();
  useTitle(speak("kiosk.test.title"));
  const [isRunning, setRunning] = useState(false);
  const [results, setResults] = useState<Results>({});
  const [bars, setBars] = useState(0);
  const [done, setDone] = useState<SelfTest | null>(null);
  const [kept, setKept] = useState<KnownSelfTest | "failed" | null>(null);
  const run = async (): Promise<void> => {
    setRunning(true);
    setResults({});
    setDone(null);
    setKept(null);
    const onPart = (part: Part, result: PartResult): void => setResults((before) => ({ ...before, [part]: result }));
    const test = await runSelfTest({ backend, devices, desk }, { onPart, onBars: setBars });
    setDone(test);
    setRunning(false);
    setKept(await desk.reportSelfTest(test).catch(() => "failed" as const));
  };
  const current = isRunning ? PARTS.find((part) => results[part] === undefined) : undefined;
  return (
    <>
      <Bar title={speak("kiosk.test.title")} onBack={onBack} />
      <main className="k-test">
        {PARTS.map((part) => {
          const result = results[part];
          return (
            <div key={part} className="k-part">
              <Mark result={result} />
              <span>{speak(`kiosk.part.${part}`)}</span>
              {part === "microphone" && current === "microphone" && <LevelMeter bars={bars} />}
              <span className="sp" />
              {part === "clock" && done?.clock_offset_ms != null && (
                <span className="i2">
                  {speak("kiosk.test.clockOffset", { offset: offsetWords(done.clock_offset_ms) })}
                </span>
              )}
              {part === "speaker" && result === "ok" && <span className="i2">{speak("kiosk.test.speakerHeard")}</span>}
              <b>{speak(`kiosk.result.${result ?? (part === current ? "running" : "open")}`)}</b>
            </div>
          );
        })}
      </main>
      <div className="k-acts">
        <span role="status">
          <b>{sentence(isRunning, done, speak)}</b>{" "}
          <span className="i2">
            {kept === "failed"
              ? speak("kiosk.test.notKept")
              : kept !== null
                ? speak("kiosk.test.kept", { time: timeOfDay(new Date(kept.at_ms)) })
                : speak("kiosk.test.nightly")}
          </span>
        </span>
        <span className="sp" />
        <button
          type="button"
          className="k-btn act k-next"
          autoFocus
          aria-disabled={isRunning}
          onClick={() => {
            if (!isRunning) void run();
          }}
        >
          {speak(done === null ? "kiosk.test.start" : "kiosk.test.again")}
        </button>
      </div>
    </>
  );
}

function sentence(isRunning: boolean, done: SelfTest | null, speak: Speak): string {
  if (isRunning) return speak("kiosk.test.running");
  if (done === null) return "";
  if (isPassed(done)) return speak("kiosk.test.passed");
  const parts = failedParts(done).map((part) => speak(`kiosk.part.${part}`));
  return speak("kiosk.test.failed", { parts: parts.join(speak("app.listComma")) });
}

function Mark({ result }: { result: PartResult | undefined }) {
  if (result === "ok") return <Icon name="check" size={32} weight={2.4} />;
  if (result === "failed") return <span className="tri" aria-hidden="true" />;
  if (result === "missing") return <span className="chip-hatch" aria-hidden="true" />;
  return <span className="ring-mark" aria-hidden="true" />;
}
