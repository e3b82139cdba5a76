import type { Sayer } from '@picket/shared/reasons/reason.ts';
import { sayWith } from '@picket/shared/reasons/text.ts';
import { isMeasure, placeholder, sampleOf } from './placeholder.ts';

/** The words that a table has for one code, before there are facts. */
export interface Words {
  readonly facts: readonly string[];
  /** One for each form that the words have. */
  readonly words: readonly string[];
}

/** For facts that are one of several words: these words. */
export type Literals = Readonly<Record<string, readonly string[]>>;

/** What a text has in it if a value was none of those that its fact can have. */
const misfits = /\b(?:null|undefined|NaN|Infinity|false)\b|\[object/;

/** The words for a code of a table, with `{name}` where a fact stands. */
export function wordsOf(sayer: Sayer, literals: Literals): Words {
  const asked = new Set<string>();
  const words = (values: Readonly<Record<string, unknown>> = {}): string | null => {
    try {
      const text = sayWith(sayer, factsOf(values, literals, asked), String);
      return misfits.test(text) || text === '' ? null : withPlaceholders(text, Object.keys(literals));
    } catch {
      return null;
    }
  };
  const plain = words();
  const varied = [...new Set([...asked, ...Object.keys(literals)])].flatMap((fact) => {
    if (isMeasure(fact) || fact === 'forMs') return [];
    const values = fact === 'offsetMs' ? [-sampleOf(fact)] : [null, false, ...(literals[fact] ?? [])];
    const texts = values
      .map((value) => words({ [fact]: value }))
      // The same words with this value filled in are no other form of them.
      .map((text, index) => (text === plain?.replaceAll(`{${fact}}`, String(values[index])) ? plain : text));
    // Of a fact that only decides which words are taken, the words alone show that it is one.
    if (texts.some((text) => text !== null && text !== plain)) asked.add(fact);
    return texts;
  });
  const messages = [...new Set([plain, ...varied].filter((text) => text !== null))];
  if (messages.length === 0) throw new Error(`no words of ${String(sayer)}`);
  return { facts: [...asked], words: messages };
}

/** Facts with these values and, for all others, placeholders. Notes which ones are looked at. */
function factsOf(values: Readonly<Record<string, unknown>>, literals: Literals, asked: Set<string>): object {
  // A function that takes "the rest" of the facts copies all that there might be, and looks at some.
  let isCopied = false;
  const names = Object.keys(literals);
  return new Proxy(
    {},
    {
      ownKeys: () => {
        isCopied = true;
        return names;
      },
      getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }),
      get: (_, key) => {
        if (typeof key === 'symbol') return undefined;
        if (!isCopied) asked.add(key);
        const used = (name: string) => asked.add(name);
        return Object.hasOwn(values, key) ? values[key] : placeholder(key, used);
      },
    },
  );
}

function withPlaceholders(text: string, names: readonly string[]): string {
  let replaced = text;
  for (const name of names.filter(isMeasure)) {
    const sample = sampleOf(name);
    replaced = replaced
      .replaceAll(`${(sample / 1e6).toFixed(1)} MB`, `{${name}}`)
      .replaceAll(new RegExp(`\\b${sample / 1e9}\\b`, 'g'), `{${name}}`);
  }
  return replaced.replace(/ {2,}/g, ' ').trim();
}
