// The settings of the institution: each with the values it may have; a change is an event.

import type { Setting } from "../../protocol/ledger";
import type { Speak } from "../../messages/speak";
import { Refused, Select } from "../forms";
import { useActing } from "../hooks";
import { useWorld } from "../world";
import { Head, Listed, usePages } from "./frame";

function valueWords(value: string, speak: Speak): string {
  const key = speak.keyOr(`setting.value.${value}`, "app.dash");
  return key === "app.dash" ? value : speak(key);
}

export function Settings({ mayChange }: { mayChange: boolean }) {
  const { running, speak } = useWorld();
  const pages = usePages<Setting>("settings", async () => ({ items: await running.settings(), next: null }));
  return (
    <>
      <Head title={speak("settings.title")} count={mayChange ? undefined : speak("admin.readOnly")} />
      <Listed
        pages={pages}
        failed={speak("admin.failed")}
        empty={speak("settings.empty")}
        emptyMore={speak("admin.readOnly")}
      >
        {(settings) => (
          <ul className="pane rows roomy">
            {settings.map((setting) => (
              <SettingRow key={setting.name} setting={setting} mayChange={mayChange} onChanged={pages.reload} />
            ))}
          </ul>
        )}
      </Listed>
    </>
  );
}

function SettingRow(props: { setting: Setting; mayChange: boolean; onChanged: () => void }) {
  const { running, speak, announce } = useWorld();
  const { setting } = props;
  const act = useActing();
  const name = speak.keyOr(`setting.${setting.name}`, "app.dash");
  const more = speak.keyOr(`setting.${setting.name}.more`, "app.dash");
  const title = name === "app.dash" ? setting.name : speak(name);
  const isDefault = setting.value === setting.default;
  // The value that is there now may be one that cannot be chosen any more (the demo seeds such).
  const allowed = setting.allowed.includes(setting.value) ? setting.allowed : [setting.value, ...setting.allowed];
  return (
    <li className="setting-row">
      <div>
        <b>{title}</b>
        {more !== "app.dash" && <p className="i2">{speak(more)}</p>}
        <p className="fine">
          {isDefault
            ? speak("settings.isDefault")
            : speak("settings.default", { value: valueWords(setting.default, speak) })}
        </p>
        <Refused failure={act.failure} />
      </div>
      {props.mayChange ? (
        <Select
          label={title}
          isLabelUnseen
          value={setting.value}
          options={allowed.map((value) => ({ value, label: valueWords(value, speak) }))}
          onChange={(value) =>
            act.run(async () => {
              await running.changeSetting(setting.name, value);
              announce(speak("settings.changed", { value: valueWords(value, speak) }));
              props.onChanged();
            })
          }
        />
      ) : (
        <b>{valueWords(setting.value, speak)}</b>
      )}
    </li>
  );
}
