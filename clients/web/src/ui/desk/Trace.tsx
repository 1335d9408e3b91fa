// The supervisor's desk: why one searches, what for, and what was found; break-glass reviews beside it.

import { useRef, useState, type SubmitEvent } from "react";
import { hashOf, TRACE_SECTIONS, type TraceSection } from "../../protocol/route";
import {
  familiesOf,
  PURPOSES,
  searchOf,
  type FormFault,
  type PatientLine,
  type Purpose,
  type TraceForm,
  type TraceLine,
  type TraceSearch,
} from "../../protocol/trace";
import { mayVerify } from "../../protocol/screens";
import type { Speak } from "../../messages/speak";
import { Pick, Refused, Select, TextField } from "../forms";
import { Icon } from "../Icon";
import { useLoaded, useMedia, useTitle } from "../hooks";
import { Dialog, Failure, Notice, Skeleton } from "../pieces";
import { kindWords, momentWords, roleWords } from "../words";
import { useWorld } from "../world";
import { DeskPage, usePages } from "./frame";
import { LedgerCheck } from "./LedgerPage";
import { Reviews } from "./Reviews";
import { TraceEvent } from "./TraceEvent";

/** Below this width form and results do not fit beside each other. */
const ONE_COLUMN = "(max-width: 900px)";

const EMPTY: TraceForm = {
  purpose: null,
  note: "",
  patient: "",
  person: "",
  institution: "",
  kind: "",
  from_day: "",
  to_day: "",
};

export function Trace({ section }: { section: TraceSection }) {
  const { speak } = useWorld();
  useTitle(speak(`trace.tab.${section}`));
  return (
    <DeskPage area="trace">
      <nav className="tabs" aria-label={speak("trace.title")}>
        {TRACE_SECTIONS.map((one) => (
          <a
            key={one}
            href={hashOf({ screen: "trace", section: one })}
            className={one === section ? "on" : ""}
            aria-current={one === section ? "page" : undefined}
          >
            {speak(`trace.tab.${one}`)}
          </a>
        ))}
      </nav>
      {section === "reviews" ? <Reviews /> : <Search />}
    </DeskPage>
  );
}

/** A search that was sent: what it asked, and which time it was sent. */
interface Sent {
  search: TraceSearch;
  round: number;
}

function Search() {
  const { traceDesk } = useWorld();
  const isNarrow = useMedia(ONE_COLUMN);
  const kinds = useLoaded("kinds", () => traceDesk.kinds());
  const [form, setForm] = useState<TraceForm>(EMPTY);
  const [fault, setFault] = useState<FormFault | null>(null);
  const [sent, setSent] = useState<Sent | null>(null);
  const [isFormShown, setFormShown] = useState(true);
  const known = kinds.value ?? [];
  const send = (): void => {
    const search = searchOf(form, known, "");
    setFault(typeof search === "string" ? search : null);
    if (typeof search === "string") return;
    setSent((before) => ({ search, round: (before?.round ?? 0) + 1 }));
    setFormShown(false);
  };
  const hasForm = !isNarrow || isFormShown;
  return (
    <div className="trace">
      {hasForm && <SearchForm form={form} known={known} fault={fault} onChange={setForm} onSend={send} />}
      {(!isNarrow || !isFormShown) && (
        <main className="pane trace-results">
          {sent === null ? (
            <Before purpose={form.purpose} />
          ) : (
            <Results
              key={sent.round}
              sent={sent}
              onChange={
                isNarrow
                  ? () => {
                      setFormShown(true);
                    }
                  : null
              }
            />
          )}
        </main>
      )}
    </div>
  );
}

function Before({ purpose }: { purpose: Purpose | null }) {
  const { speak } = useWorld();
  return (
    <div className="trace-before">
      <b className="notice-title">{speak(purpose === null ? "trace.first" : "trace.ready")}</b>
      <p className="i2">{speak(purpose === null ? "trace.firstMore" : "trace.readyMore")}</p>
    </div>
  );
}

export function familyWords(family: string, speak: Speak): string {
  const key = speak.keyOr(`family.${family}`, "app.dash");
  return key === "app.dash" ? family : speak(key);
}

function SearchForm(props: {
  form: TraceForm;
  known: readonly string[];
  fault: FormFault | null;
  onChange: (form: TraceForm) => void;
  onSend: () => void;
}) {
  const { office, speak } = useWorld();
  const { form, known } = props;
  const institutions = useLoaded("institutions", () => office.institutions());
  const set = (change: Partial<TraceForm>): void => props.onChange({ ...form, ...change });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    props.onSend();
  };
  const kindOptions = [
    { value: "", label: speak("trace.allKinds") },
    ...familiesOf(known).flatMap((family) => {
      const words = familyWords(family, speak);
      const own = known.filter((kind) => kind.startsWith(`${family}.`));
      return [
        ...(own.length > 1 ? [{ value: family, label: speak("trace.wholeFamily", { family: words }) }] : []),
        ...own.map((kind) => ({
          value: kind,
          label: speak("trace.familyKind", { family: words, kind: kindWords(kind, speak) }),
        })),
      ];
    }),
  ];
  return (
    <form className="pane trace-form" onSubmit={submit} noValidate>
      <div className="trace-fields">
        <Pick
          label={speak("trace.why")}
          value={form.purpose}
          options={PURPOSES.map((purpose) => ({ value: purpose, label: speak(`purpose.${purpose}`) }))}
          onChange={(purpose) => set({ purpose })}
        />
        <TextField
          label={speak("trace.note")}
          placeholder={speak("trace.notePlaceholder")}
          value={form.note}
          maxLength={500}
          onChange={(note) => set({ note })}
        />
        <TextField
          label={speak("trace.patient")}
          placeholder={speak("trace.patientPlaceholder")}
          value={form.patient}
          maxLength={100}
          onChange={(patient) => set({ patient })}
        />
        <TextField
          label={speak("trace.person")}
          placeholder={speak("trace.personPlaceholder")}
          value={form.person}
          maxLength={100}
          onChange={(person) => set({ person })}
        />
        <div className="pair">
          <TextField
            label={speak("trace.from")}
            type="date"
            value={form.from_day}
            onChange={(from_day) => set({ from_day })}
          />
          <TextField label={speak("trace.to")} type="date" value={form.to_day} onChange={(to_day) => set({ to_day })} />
        </div>
        <Select
          label={speak("trace.what")}
          value={form.kind}
          options={kindOptions}
          onChange={(kind) => set({ kind })}
        />
        {(institutions.value?.length ?? 0) > 1 && (
          <Select
            label={speak("trace.institution")}
            value={form.institution}
            options={[
              { value: "", label: speak("trace.ownInstitution") },
              ...(institutions.value ?? []).map((one) => ({ value: one.id, label: one.name })),
            ]}
            onChange={(institution) => set({ institution })}
          />
        )}
      </div>
      <div className="trace-send">
        <Refused failure={null} fault={props.fault === null ? null : speak(`trace.fault.${props.fault}`)} />
        <p className="fine">{speak("trace.footer")}</p>
        <button type="submit" className="btn act big" disabled={form.purpose === null}>
          <Icon name={form.purpose === null ? "lock" : "search"} size={20} />
          {speak(form.purpose === null ? "trace.locked" : "trace.search")}
        </button>
      </div>
    </form>
  );
}

function Results({ sent, onChange }: { sent: Sent; onChange: (() => void) | null }) {
  const { traceDesk, account, speak } = useWorld();
  const [opened, setOpened] = useState<TraceLine | null>(null);
  const [isChecking, setChecking] = useState(false);
  const [patients, setPatients] = useState<PatientLine[]>([]);
  const [took_ms, setTook] = useState<number | null>(null);
  const asked = useRef(false);
  const pages = usePages<TraceLine>(`search ${sent.round}`, async (cursor) => {
    const before = performance.now();
    const page = await traceDesk.search({ ...sent.search, cursor });
    if (!asked.current) {
      asked.current = true;
      setTook(performance.now() - before);
      setPatients(page.patients);
    }
    return { items: page.events, next: page.next };
  });
  const purpose = speak(`purpose.${sent.search.purpose}`);
  const count = pages.items?.length ?? 0;
  return (
    <>
      <div className="trace-head">
        {onChange !== null && (
          <button type="button" className="btn small" onClick={onChange}>
            <Icon name="back" size={18} />
            {speak("trace.change")}
          </button>
        )}
        {pages.items !== null && <h2>{speak(pages.next === null ? "trace.count" : "trace.countMore", { count })}</h2>}
        {took_ms !== null && (
          <span className="i2 nb">{speak("trace.took", { seconds: (took_ms / 1000).toFixed(1) })}</span>
        )}
        <span className="sp" />
        <span className="tag line">{speak("trace.purposeIs", { purpose })}</span>
        {pages.items !== null && <span className="i2">{speak("trace.recorded")}</span>}
        <button type="button" className="btn small" onClick={() => setChecking(true)}>
          {speak("ledger.verdict")}
        </button>
      </div>
      {patients.length > 0 && (
        <p className="trace-patients i2">
          <span>{speak("trace.patients")}</span>
          {patients.map((one) => (
            <span key={one.id} className="tag">
              {speak("trace.patientIs", { name: one.name, end: one.card_end })}
            </span>
          ))}
        </p>
      )}
      <div className="trace-list">
        {pages.items === null && pages.failure !== null && (
          <Failure title={speak("trace.failed")} failure={pages.failure} onRetry={pages.reload} />
        )}
        {pages.items === null && pages.failure === null && pages.isSlow && <Skeleton rows={8} />}
        {pages.items?.length === 0 && <Notice title={speak("trace.empty")} more={speak("trace.emptyMore")} />}
        {pages.items !== null && pages.items.length > 0 && (
          <ol className="events">
            {pages.items.map((line) => (
              <EventRow
                key={line.sequence}
                line={line}
                isOpen={opened?.sequence === line.sequence}
                onOpen={() => setOpened(line)}
              />
            ))}
          </ol>
        )}
        {pages.items !== null && pages.failure !== null && (
          <Failure title={speak("trace.failed")} failure={pages.failure} onRetry={pages.more} />
        )}
        {pages.next !== null && (
          <button type="button" className="btn full" disabled={pages.isBusy} onClick={pages.more}>
            {speak(pages.isBusy ? "trace.searching" : "trace.more")}
          </button>
        )}
      </div>
      {isChecking && (
        <Dialog title={speak("ledger.verdict")} kind="drawer" onClose={() => setChecking(false)}>
          <LedgerCheck mayCheck={mayVerify(account?.roles ?? [])} />
        </Dialog>
      )}
      {opened !== null && <TraceEvent line={opened} purpose={sent.search.purpose} onClose={() => setOpened(null)} />}
    </>
  );
}

/** Who did it, in words: a name, the system, or someone who has none. */
export function actorWords(line: { actor: string; actor_name: string }, speak: Speak): string {
  if (line.actor_name !== "") return line.actor_name;
  if (line.actor === "system") return speak("trace.system");
  return speak(line.actor === "" ? "trace.nobody" : "trace.unknownActor");
}

function EventRow(props: { line: TraceLine; isOpen: boolean; onOpen: () => void }) {
  const { speak } = useWorld();
  const { line } = props;
  return (
    <li>
      <button type="button" className={props.isOpen ? "ev on" : "ev"} aria-haspopup="dialog" onClick={props.onOpen}>
        <span className="ev-time">
          <b className="nb">{momentWords(line.at_ms, speak)}</b>
          <small className="i3">{speak("trace.number", { sequence: line.sequence })}</small>
        </span>
        <span className="ev-who">
          <b>{actorWords(line, speak)}</b>
          {line.actor_role !== "" && <small className="i2">{roleWords(line.actor_role, speak)}</small>}
        </span>
        <span className="ev-what">
          <span>{kindWords(line.kind, speak)}</span>
          {(line.patient_name !== "" || line.room !== "") && (
            <small className="i2">
              {[line.patient_name, line.room === "" ? "" : speak("trace.room", { room: line.room })]
                .filter((word) => word !== "")
                .join(speak("app.listComma"))}
            </small>
          )}
        </span>
        <span className="ev-more">
          {line.has_media && (
            <span className="tag">
              <Icon name="film" size={14} />
              {speak("trace.hasMedia")}
            </span>
          )}
          <Icon name="right" size={18} />
        </span>
      </button>
    </li>
  );
}
