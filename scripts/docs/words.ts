import { durationOf } from '@picket/shared/reasons/durations.ts';
import type { Sayer } from '@picket/shared/reasons/reason.ts';
import { sayWith } from '@picket/shared/reasons/text.ts';
import { isMeasure, placeholder, sampleCount, sampleOf } from './placeholder.ts';

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

/** Numbers and times that words make of the samples of facts. */
const calculated = new RegExp(
  `\\b(?:\\d{9,}|${[-1, 0, 1].map((more) => sampleCount + more).join('|')}|${sampleCount / 2}|${durationOf(sampleCount * 1000)})\\b`,
  'g',
);

/** The words for a code of a table, with `{name}` where a fact stands. */
export function wordsOf(sayer: Sayer, literals: Literals): Words {
  const asked = new Set<string>();
  const names = Object.keys(literals);
  const measures = names.filter(isMeasure);
  let isCopied = false;
  const copied = () => {
    isCopied = true;
  };
  const words = (values: Readonly<Record<string, unknown>> = {}): string | null => {
    try {
      const text = sayWith(sayer, factsOf(values, { names, asked, copied }), String);
      return misfits.test(text) || text === '' ? null : withPlaceholders(text, measures);
    } catch {
      return null;
    }
  };
  const plain = words();
  // No other value of a fact that was not looked at changes the words.
  const variable = isCopied ? new Set([...asked, ...names]) : asked;
  const varied = [...variable].flatMap((fact) => {
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

interface Watched {
  readonly names: readonly string[];
  readonly asked: Set<string>;
  /** Called by a function that takes "the rest" of the facts: it copies all that there might be, and looks at some. */
  readonly copied: () => void;
}

/** Facts with these values and, for all others, placeholders. Notes which ones are looked at. */
function factsOf(values: Readonly<Record<string, unknown>>, { names, asked, copied }: Watched): object {
  let isCopied = false;
  return new Proxy(
    {},
    {
      ownKeys: () => {
        isCopied = true;
        copied();
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

function withPlaceholders(text: string, measures: readonly string[]): string {
  let replaced = text;
  for (const name of measures) {
    const sample = sampleOf(name);
    replaced = replaced
      .replaceAll(`${(sample / 1e6).toFixed(1)} MB`, `{${name}}`)
      .replaceAll(new RegExp(`\\b${sample / 1e9}\\b`, 'g'), `{${name}}`);
  }
  return replaced.replaceAll(calculated, 'N').replace(/ {2,}/g, ' ').trim();
}
