import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Literals } from './words.ts';

const source = join(import.meta.dirname, '../../packages/shared/src');

/** A fact with its type, the names of several that have one type, or the place of a fact in a text. */
const facts = /readonly (\w+)\??: ([^;}]+)|(?:Texts|Numbers|Flags|Reasons)<([^>]+)>|(?<!\$)\{(\w+)\}/g;

/** The facts that the tables of reasons and events declare, each with the words that it can be, if it is one of several. */
export async function factLiterals(): Promise<Literals> {
  const literals: Record<string, string[]> = {};
  for (const folder of ['reasons', 'events']) {
    for (const file of await readdir(join(source, folder))) {
      const text = await readFile(join(source, folder, file), 'utf8');
      for (const [, typed, type = '', names = '', placed] of text.matchAll(facts)) {
        const found = typed === undefined ? [] : [...wordsIn(type), ...wordsIn(aliasIn(text, type.trim()))];
        const name = typed ?? placed;
        for (const one of name === undefined ? wordsIn(names) : [name]) {
          literals[one] = [...new Set([...(literals[one] ?? []), ...found])];
        }
      }
    }
  }
  return literals;
}

/** What a type is called in the same file. */
function aliasIn(text: string, type: string): string {
  return /^\w+$/.test(type) ? (new RegExp(`^type ${type} = ([^;]+);`, 'm').exec(text)?.[1] ?? '') : '';
}

function wordsIn(type: string): string[] {
  return [...type.matchAll(/'([^']+)'/g)].map(([, word = '']) => word);
}
