// Where events are sent to as they happen, and how that is going.

import { useState, type SubmitEvent } from "react";
import {
  kindsFrom,
  webhookStanding,
  type Webhook,
  type WebhookSecret,
  type WebhookStanding,
} from "../../protocol/ledger";
import { CopyButton, LinesField, Refused, SaveRow, TextField } from "../forms";
import { useActing } from "../hooks";
import { Dialog } from "../pieces";
import { kindWords, momentWords } from "../words";
import { useWorld } from "../world";
import { AddButton, Facts, Head, Listed, ListTable, RowOpen, usePages } from "./frame";

/** How an address begins; the same in every language. */
const SCHEME = "https://";

const TONES: Readonly<Record<WebhookStanding, string>> = {
  good: "tag ok",
  unused: "tag line",
  waiting: "tag",
  failing: "tag warn",
  ended: "tag",
};

function StandingTag({ webhook }: { webhook: Webhook }) {
  const { speak } = useWorld();
  const standing = webhookStanding(webhook);
  const count = standing === "failing" ? webhook.failing + webhook.given_up : webhook.waiting;
  return (
    <span className={TONES[standing]}>
      {standing === "failing" && <span className="tri" aria-hidden="true" />}
      {speak(`webhooks.state.${standing}`, { count })}
    </span>
  );
}

export function Webhooks({ mayChange }: { mayChange: boolean }) {
  const { running, speak } = useWorld();
  const pages = usePages<Webhook>("webhooks", async () => ({ items: await running.webhooks(), next: null }));
  const [openId, setOpenId] = useState<string | null>(null);
  const [isAdding, setAdding] = useState(false);
  const [secret, setSecret] = useState<WebhookSecret | null>(null);
  const opened = pages.items?.find((one) => one.id === openId) ?? null;
  return (
    <>
      <Head title={speak("webhooks.title")} count={mayChange ? undefined : speak("admin.readOnly")}>
        {mayChange && <AddButton label={speak("webhooks.add")} onClick={() => setAdding(true)} />}
      </Head>
      <p className="i2 lead">{speak("webhooks.lead")}</p>
      <Listed
        pages={pages}
        failed={speak("admin.failed")}
        empty={speak("webhooks.empty")}
        emptyMore={speak("webhooks.emptyMore")}
      >
        {(webhooks) => (
          <ListTable
            columns={[
              speak("webhooks.url"),
              speak("webhooks.kinds"),
              speak("webhooks.state"),
              speak("webhooks.delivered"),
            ]}
          >
            {webhooks.map((one) => (
              <tr key={one.id} className={one.state === "ended" ? "over" : undefined}>
                <td>
                  <RowOpen look="break" onOpen={() => setOpenId(one.id)}>
                    {one.url}
                  </RowOpen>
                </td>
                <td data-label={speak("webhooks.kinds")}>
                  {one.kinds.length === 0 ? speak("webhooks.all") : speak("webhooks.some", { count: one.kinds.length })}
                </td>
                <td data-label={speak("webhooks.state")}>
                  <StandingTag webhook={one} />
                </td>
                <td data-label={speak("webhooks.delivered")} className="nb i2">
                  {one.delivered_at_ms === null ? speak("app.dash") : momentWords(one.delivered_at_ms, speak)}
                </td>
              </tr>
            ))}
          </ListTable>
        )}
      </Listed>
      {opened !== null && (
        <WebhookPane
          webhook={opened}
          mayChange={mayChange}
          onClose={() => setOpenId(null)}
          onChanged={pages.reload}
          onSecret={(made) => {
            setOpenId(null);
            setSecret(made);
          }}
        />
      )}
      {isAdding && (
        <Dialog title={speak("webhooks.add")} kind="drawer" onClose={() => setAdding(false)}>
          <WebhookForm
            url=""
            kinds={[]}
            save={speak("webhooks.add")}
            onCancel={() => setAdding(false)}
            onSave={async (url, kinds) => {
              const made = await running.addWebhook(url, kinds);
              setAdding(false);
              setSecret(made);
              pages.reload();
            }}
          />
        </Dialog>
      )}
      {secret !== null && (
        <Dialog title={speak("webhooks.secret")} kind="drawer" onClose={() => setSecret(null)}>
          <p className="break">
            <b>{secret.webhook.url}</b>
          </p>
          <output className="secret">{secret.secret}</output>
          <p className="once-warn">
            <span className="tri" aria-hidden="true" />
            <span>{speak("webhooks.secretFor")}</span>
          </p>
          <div className="row">
            <CopyButton text={secret.secret} />
          </div>
        </Dialog>
      )}
    </>
  );
}

function WebhookForm(props: {
  url: string;
  kinds: readonly string[];
  save: string;
  onCancel: () => void;
  onSave: (url: string, kinds: string[]) => Promise<void>;
}) {
  const { speak } = useWorld();
  const [url, setUrl] = useState(props.url);
  const [text, setText] = useState(props.kinds.join("\n"));
  const [fault, setFault] = useState<string | null>(null);
  const act = useActing();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const kinds = kindsFrom(text);
    const wrong =
      url.trim() === ""
        ? speak("app.needed", { what: speak("webhooks.url") })
        : kinds === null
          ? speak("webhooks.kindsWrong")
          : null;
    setFault(wrong);
    if (wrong !== null || kinds === null) return;
    act.run(() => props.onSave(url.trim(), kinds));
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <TextField
        label={speak("webhooks.url")}
        type="url"
        value={url}
        maxLength={500}
        placeholder={SCHEME}
        isFirst
        onChange={setUrl}
      />
      <LinesField
        label={speak("webhooks.kinds")}
        hint={speak("webhooks.kindsHint")}
        rows={5}
        value={text}
        onChange={setText}
      />
      <Refused failure={act.failure} fault={fault} />
      <SaveRow isBusy={act.isBusy} save={props.save} onCancel={props.onCancel} />
    </form>
  );
}

function WebhookPane(props: {
  webhook: Webhook;
  mayChange: boolean;
  onClose: () => void;
  onChanged: () => void;
  onSecret: (secret: WebhookSecret) => void;
}) {
  const { running, speak } = useWorld();
  const { webhook } = props;
  const [isEditing, setEditing] = useState(false);
  const [asking, setAsking] = useState<"secret" | "end" | null>(null);
  const act = useActing();
  if (isEditing) {
    return (
      <Dialog title={speak("webhooks.edit")} kind="drawer" onClose={props.onClose}>
        <WebhookForm
          url={webhook.url}
          kinds={webhook.kinds}
          save={speak("app.save")}
          onCancel={() => setEditing(false)}
          onSave={async (url, kinds) => {
            await running.changeWebhook(webhook.id, url, kinds);
            props.onChanged();
            setEditing(false);
          }}
        />
      </Dialog>
    );
  }
  return (
    <Dialog title={speak("webhooks.title")} kind="drawer" onClose={props.onClose}>
      <p className="break">
        <b>{webhook.url}</b>
      </p>
      <StandingTag webhook={webhook} />
      <Facts
        rows={[
          [speak("devices.created"), momentWords(webhook.created_at_ms, speak)],
          [
            speak("webhooks.delivered"),
            webhook.delivered_at_ms === null ? speak("app.dash") : momentWords(webhook.delivered_at_ms, speak),
          ],
        ]}
      />
      {webhook.given_up > 0 && <p className="i2">{speak("webhooks.givenUp", { count: webhook.given_up })}</p>}
      <section className="part">
        <h3>{speak("webhooks.kinds")}</h3>
        {webhook.kinds.length === 0 ? (
          <p>{speak("webhooks.all")}</p>
        ) : (
          <ul className="rows">
            {webhook.kinds.map((kind) => (
              <li key={kind} className="row wrap">
                <span>{kindWords(kind, speak)}</span>
                <code className="i3">{kind}</code>
              </li>
            ))}
          </ul>
        )}
      </section>
      {props.mayChange && webhook.state === "active" && asking === null && (
        <div className="stack">
          <button type="button" className="btn full" onClick={() => setEditing(true)}>
            {speak("webhooks.edit")}
          </button>
          <button type="button" className="btn full" onClick={() => setAsking("secret")}>
            {speak("webhooks.newSecret")}
          </button>
          <button type="button" className="btn full" onClick={() => setAsking("end")}>
            {speak("webhooks.end")}
          </button>
        </div>
      )}
      {asking !== null && (
        <section className="part">
          <p>{speak(asking === "end" ? "webhooks.endMore" : "webhooks.newSecretMore")}</p>
          <Refused failure={act.failure} />
          <SaveRow
            isBusy={act.isBusy}
            save={speak(asking === "end" ? "webhooks.end" : "webhooks.newSecret")}
            onCancel={() => setAsking(null)}
            onSave={() =>
              act.run(async () => {
                if (asking === "end") {
                  await running.endWebhook(webhook.id);
                  props.onChanged();
                  props.onClose();
                } else props.onSecret(await running.newWebhookSecret(webhook.id));
              })
            }
          />
        </section>
      )}
    </Dialog>
  );
}
