// The language of the page: what is spoken stays until every sentence of the other one is there.

import { useEffect, useState } from "react";
import { fetchCatalogue } from "../io/catalogues";
import { untilItComes } from "../io/fetching";
import { keep, kept } from "../io/preferences";
import { languageFrom, speaker, type Language, type Speak } from "../messages/speak";

interface Spoken {
  readonly language: Language;
  readonly speak: Speak;
}

/** `spoken` is null until the first language is there: until then there is nothing to be said. */
export function useLanguage(): { spoken: Spoken | null; setLanguage: (language: Language) => void } {
  const [wanted, setWanted] = useState<Language>(() => languageFrom(kept("language")));
  const [spoken, setSpoken] = useState<Spoken | null>(null);
  useEffect(() => {
    let isWanted = true;
    void untilItComes(() => fetchCatalogue(wanted)).then((catalogue) => {
      if (isWanted) setSpoken({ language: wanted, speak: speaker(catalogue) });
    });
    return () => {
      isWanted = false;
    };
  }, [wanted]);
  useEffect(() => {
    if (spoken !== null) document.documentElement.lang = spoken.language;
  }, [spoken]);
  return {
    spoken,
    setLanguage: (next) => {
      keep("language", next);
      setWanted(next);
    },
  };
}
