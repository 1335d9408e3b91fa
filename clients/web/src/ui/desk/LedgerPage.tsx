// The proof of the ledger: two verdicts, the signed checkpoints, the public keys.

import { useState } from "react";
import { cardState, type CardState, type Checkpoint, type LedgerVerdict, type PublicKey } from "../../protocol/ledger";
import { mayVerify } from "../../protocol/screens";
import { shortHash } from "../../protocol/trace";
import type { Speak } from "../../messages/speak";
import { CopyButton, Refused } from "../forms";
import { useActing, useTitle } from "../hooks";
import { Dialog } from "../pieces";
import { VerdictCard } from "../Verdicts";
import { momentWords } from "../words";
import { useWorld } from "../world";
import { DeskPage, Facts, Listed, ListTable, RowOpen, usePages } from "./frame";

export function LedgerPage() {
  const { account, speak } = useWorld();
  useTitle(speak("ledger.title"));
  return (
    <DeskPage area="ledger">
      <div className="ledger">
        <main className="ledger-main">
          <LedgerCheck mayCheck={mayVerify(account?.roles ?? [])} />
          <Checkpoints />
        </main>
        <aside className="ledger-side">
          <Keys />
        </aside>
      </div>
    </DeskPage>
  );
}

/** The button and the two verdicts; also stands beside the trace. */
export function LedgerCheck({ mayCheck }: { mayCheck: boolean }) {
  const { ledger, speak } = useWorld();
  const [verdict, setVerdict] = useState<LedgerVerdict | null>(null);
  const act = useActing();
  const check = (): void => act.run(async () => setVerdict(await ledger.verify()));
  return (
    <section className="pane check-pane">
      <div className="desk-head">
        <h2>{speak("ledger.verdict")}</h2>
        <span className="sp" />
        {mayCheck ? (
          <button type="button" className="btn act" disabled={act.isBusy} onClick={check}>
            {speak(act.isBusy ? "ledger.verifying" : verdict === null ? "ledger.verify" : "ledger.verifyAgain")}
          </button>
        ) : (
          <span className="i2">{speak("ledger.notYou")}</span>
        )}
      </div>
      <p className="i2">{speak("ledger.lead")}</p>
      <Refused failure={act.failure} />
      <VerdictCards verdict={act.isBusy ? null : verdict} />
      {verdict !== null && !act.isBusy && (
        <p className="i2">
          {speak("ledger.checked", { time: momentWords(verdict.checked_at_ms, speak), events: verdict.events })}{" "}
          {verdict.checkpoint_at_ms === null
            ? speak("ledger.provesNone")
            : speak("ledger.proves", {
                time: momentWords(verdict.checkpoint_at_ms, speak),
                size: verdict.checkpoint_size,
              })}
        </p>
      )}
    </section>
  );
}

const INTEGRITY = {
  sound: "ledger.unaltered",
  unsound: "ledger.altered",
  unchecked: "ledger.integrityUnchecked",
} as const;
const COMPLETENESS = {
  sound: "ledger.whole",
  unsound: "ledger.holes",
  unchecked: "ledger.completenessUnchecked",
} as const;

function VerdictCards({ verdict }: { verdict: LedgerVerdict | null }) {
  const { speak } = useWorld();
  const integrity = verdict === null ? "unchecked" : cardState(verdict.integrity);
  const completeness = verdict === null ? "unchecked" : cardState(verdict.completeness);
  return (
    <div className="verdicts ledger-verdicts">
      <VerdictCard
        state={integrity}
        kind="integrity"
        title={speak(INTEGRITY[integrity])}
        more={moreOf(integrity, verdict?.integrity ?? null, "ledger.events", verdict?.events ?? 0, speak)}
      />
      <VerdictCard
        state={completeness}
        kind="completeness"
        title={speak(COMPLETENESS[completeness])}
        more={moreOf(completeness, verdict?.completeness ?? null, "ledger.continuous", verdict?.events ?? 0, speak)}
      />
    </div>
  );
}

function moreOf(
  state: CardState,
  line: LedgerVerdict["integrity"] | null,
  sound: "ledger.events" | "ledger.continuous",
  events: number,
  speak: Speak,
): string {
  if (state === "sound") return speak(sound, { events });
  if (line === null || line.detail === "") return speak("verify.uncheckedWhy");
  return line.sequence === null ? line.detail : speak("ledger.at", { sequence: line.sequence, what: line.detail });
}

function Checkpoints() {
  const { ledger, speak } = useWorld();
  const pages = usePages<Checkpoint>("checkpoints", async (cursor) => {
    const page = await ledger.checkpoints(cursor === "" ? null : cursor);
    return { items: page.checkpoints, next: page.next };
  });
  const [opened, setOpened] = useState<Checkpoint | null>(null);
  return (
    <section className="stack">
      <div className="desk-head">
        <h2>{speak("ledger.checkpoints")}</h2>
        <span className="i2">{speak("ledger.checkpointsMore")}</span>
      </div>
      <Listed
        pages={pages}
        failed={speak("ledger.checkpointsFailed")}
        empty={speak("ledger.noCheckpoints")}
        emptyMore={speak("ledger.noCheckpointsMore")}
      >
        {(checkpoints) => (
          <ListTable
            columns={[speak("ledger.time"), speak("ledger.size"), speak("ledger.root"), speak("ledger.witness")]}
          >
            {checkpoints.map((one) => (
              <tr key={one.size}>
                <td>
                  <RowOpen look="nb" onOpen={() => setOpened(one)}>
                    {momentWords(one.at_ms, speak)}
                  </RowOpen>
                </td>
                <td data-label={speak("ledger.size")}>{one.size}</td>
                <td data-label={speak("ledger.root")}>
                  <code>{shortHash(one.root)}</code>
                </td>
                <td data-label={speak("ledger.witness")}>
                  <span className="row wrap tight">
                    {one.cosigned_by.map((name) => (
                      <span key={name} className="tag ok">
                        {name}
                      </span>
                    ))}
                    {one.is_stamped && <span className="tag ok">{speak("ledger.stamped")}</span>}
                    {one.cosigned_by.length === 0 && !one.is_stamped && (
                      <span className="i3">{speak("ledger.noWitness")}</span>
                    )}
                  </span>
                </td>
              </tr>
            ))}
          </ListTable>
        )}
      </Listed>
      {opened !== null && (
        <Dialog title={speak("ledger.noteTitle", { size: opened.size })} kind="drawer" onClose={() => setOpened(null)}>
          <h3>{speak("ledger.note")}</h3>
          <pre className="raw">{opened.note}</pre>
          <div className="row">
            <CopyButton text={opened.note} />
          </div>
        </Dialog>
      )}
    </section>
  );
}

function Keys() {
  const { ledger, speak } = useWorld();
  const pages = usePages<PublicKey>("keys", async () => ({ items: await ledger.keys(), next: null }));
  const [opened, setOpened] = useState<PublicKey | null>(null);
  return (
    <section className="pane keys">
      <h2>{speak("ledger.keys")}</h2>
      <p className="i2">{speak("ledger.keysMore")}</p>
      <Listed
        pages={pages}
        failed={speak("ledger.keysFailed")}
        empty={speak("ledger.noKeys")}
        emptyMore={speak("ledger.keysMore")}
      >
        {(keys) => (
          <ul className="rows">
            {keys.map((key) => (
              <li key={`${key.purpose} ${key.name}`} className="stack-tight">
                <span className="row wrap">
                  <b className="break">{key.name}</b>
                  <span className="tag">{speak(`ledger.key.${key.purpose}`)}</span>
                  <span className="i3">{key.suite}</span>
                </span>
                <span className="row">
                  <code className="clip">{shortHash(key.fingerprint)}</code>
                  <span className="sp" />
                  <button type="button" className="btn small" onClick={() => setOpened(key)}>
                    {speak("ledger.showKey")}
                  </button>
                </span>
              </li>
            ))}
          </ul>
        )}
      </Listed>
      {opened !== null && (
        <Dialog title={opened.name} kind="drawer" onClose={() => setOpened(null)}>
          <Facts
            rows={[
              [
                speak("ledger.fingerprint"),
                <code key="fingerprint" className="break">
                  {opened.fingerprint}
                </code>,
              ],
            ]}
          />
          <pre className="raw">{opened.public_key}</pre>
          <div className="row">
            <CopyButton text={opened.public_key} />
          </div>
        </Dialog>
      )}
    </section>
  );
}
