// The consent texts, read aloud by this computer's voice with the sentence marked; without a voice the doctor reads.

import { useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import type { ConsentText } from "../protocol/consent_sheet";
import { readingSeconds, sentencesOf, stepReading, type Reading } from "../protocol/read_aloud";
import { Icon } from "../ui/Icon";
import { useWorld } from "../ui/world";
import { useKiosk } from "./reach";

export function ReadAloud({ texts }: { texts: readonly ConsentText[] }) {
  const { language, speak } = useWorld();
  const { voice } = useKiosk();
  const sentences = useMemo(() => sentencesOf(texts.map((one) => one.text)), [texts]);
  const [reading, setReading] = useState<Reading>({ state: "idle", at: 0, count: sentences.length });
  const box = useRef<HTMLDivElement>(null);
  const step = (next: Parameters<typeof stepReading>[1]): void => setReading((before) => stepReading(before, next));
  const said = useEffectEvent((wasSpoken: boolean) => step(wasSpoken ? "spoken" : "no_voice"));
  useEffect(() => {
    if (reading.state !== "reading") {
      voice.hush();
      return;
    }
    const words = sentences[reading.at]?.words;
    if (words !== undefined) voice.speak(words, language, (wasSpoken) => said(wasSpoken));
    box.current?.querySelector("mark")?.scrollIntoView({ block: "nearest" });
  }, [voice, sentences, language, reading.state, reading.at]);
  useEffect(() => () => voice.hush(), [voice]);
  const length_s = readingSeconds(sentences, language === "en" ? "en" : "zh");
  const has = voice.canSpeak(language);
  const state = has || reading.state !== "idle" ? reading.state : "silent";
  const heading = {
    idle: speak("kiosk.consent.idle"),
    reading: speak("kiosk.consent.reading"),
    paused: speak("kiosk.consent.paused"),
    read: speak("kiosk.consent.read"),
    silent: speak("kiosk.consent.silent"),
  }[state];
  return (
    <section className="k-pane k-read">
      <div className="k-read-head">
        <Icon name={state === "silent" ? "soundOff" : "sound"} size={30} />
        <b>{heading}</b>
        <span className="sp" />
        {state !== "silent" && (
          <span className="i3">
            {speak("kiosk.consent.length", { minutes: Math.floor(length_s / 60), seconds: length_s % 60 })}
          </span>
        )}
      </div>
      <div ref={box} className="k-text" tabIndex={0} role="region" aria-label={speak("kiosk.consent.title")}>
        {texts.map((one, part) => (
          <div key={one.purpose}>
            <h3>{one.title}</h3>
            <p lang={one.language === "zh" ? "zh-CN" : "en"}>
              {sentences.map((sentence, at) =>
                sentence.part !== part ? null : reading.state !== "idle" && at === reading.at ? (
                  <mark key={at}>{sentence.words}</mark>
                ) : (
                  <span key={at}>{sentence.words}</span>
                ),
              )}
            </p>
          </div>
        ))}
      </div>
      {state !== "silent" && (
        <div className="k-row">
          {state === "reading" ? (
            <button type="button" className="k-btn slim" onClick={() => step("pause")}>
              <Icon name="pause" size={24} />
              {speak("kiosk.consent.pause")}
            </button>
          ) : state === "paused" ? (
            <button type="button" className="k-btn slim" onClick={() => step("go_on")}>
              <Icon name="play" size={24} />
              {speak("kiosk.consent.goOn")}
            </button>
          ) : (
            <button type="button" className="k-btn slim" onClick={() => step(state === "read" ? "again" : "start")}>
              <Icon name="play" size={24} />
              {speak(state === "read" ? "kiosk.consent.again" : "kiosk.consent.start")}
            </button>
          )}
          {(state === "reading" || state === "paused") && (
            <button type="button" className="k-btn slim" onClick={() => step("again")}>
              {speak("kiosk.consent.again")}
            </button>
          )}
        </div>
      )}
      <p className="i3 k-version">
        {speak("kiosk.consent.version", { version: texts[0]?.version ?? "" })}{" "}
        <span className="mono">{texts.map((one) => one.sha256.slice(0, 4)).join(" ")}</span>
      </p>
    </section>
  );
}
