import { failure } from '../errors.ts';
import { quote } from '../problems.ts';
import type { InitialMember } from './model.ts';

/** A scalar as it stands in the file: what it says, and whether it was in quotes. */
export interface WrittenScalar {
  readonly text: string;
  readonly quoted: boolean;
}

/** What reading a scalar gave: its value, or a clause that says what is wrong. */
export type Read<Value> = { readonly value: Value } | { readonly problem: string };

/** How one kind of value is written after its key, and read back. */
export interface Codec<Value> {
  /** Whether the value stands as the one item of a YAML list. */
  readonly listed?: true;
  /** @throws PicketError etcd_config_invalid for a value that etcd's file cannot hold. */
  write(key: string, value: Value): string;
  read(scalar: WrittenScalar): Read<Value>;
}

/**
 * A string, always in double quotes and in printable ASCII, so that it is no boolean, number, date, merge key
 * or line break to YAML 1.1 (Go's parser in etcd) either. Characters beyond the basic plane need `\U`: Go
 * refuses surrogate pairs.
 */
export const text: Codec<string> = {
  write(key, value) {
    if (!value.isWellFormed()) throw unwritable(key, 'holds half a surrogate pair, which no file can hold; correct it');
    let written = '';
    for (const character of value) {
      const code = character.codePointAt(0) ?? 0;
      if (character === '"' || character === '\\') written += `\\${character}`;
      else if (code >= 0x20 && code <= 0x7e) written += character;
      else if (code <= 0xffff) written += `\\u${code.toString(16).padStart(4, '0')}`;
      else written += `\\U${code.toString(16).padStart(8, '0')}`;
    }
    return `"${written}"`;
  },
  read({ text: value, quoted }) {
    return quoted
      ? { value }
      : { problem: 'must stand in double quotes, since YAML reads some bare words as something else' };
  },
};

/** What etcd takes as a list and Picket gives one of. */
export function listOfOne<Value>(item: Codec<Value>): Codec<Value> {
  return { listed: true, write: (key, value) => `[${item.write(key, value)}]`, read: item.read };
}

/** A whole number, zero or more. etcd's durations other than these would be nanoseconds. */
export const integer: Codec<number> = {
  write(key, value) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw unwritable(key, `is ${value}; give a whole number of at least 0`);
    return String(value);
  },
  read({ text: written, quoted }) {
    const value = Number(written);
    return !quoted && /^(0|[1-9]\d*)$/.test(written) && Number.isSafeInteger(value)
      ? { value }
      : { problem: 'must be a whole number without quotes' };
  },
};

/** One of a few words, in quotes. */
export function oneOf<Word extends string>(...words: readonly Word[]): Codec<Word> {
  return {
    write: text.write,
    read(scalar) {
      const value = words.find((word) => scalar.quoted && word === scalar.text);
      return value === undefined
        ? { problem: `must be ${words.map((word) => `"${word}"`).join(' or ')}, in quotes` }
        : { value };
    },
  };
}

/** A switch that Picket never leaves off. */
export function alwaysTrue(why: string): Codec<true> {
  return {
    write: () => 'true',
    read: ({ text: written, quoted }) =>
      !quoted && written === 'true' ? { value: true } : { problem: `must be true: ${why}` },
  };
}

/** URLs between commas, which is how etcd takes a list. */
export const urlList: Codec<readonly string[]> = {
  write(key, urls) {
    if (urls.length === 0) throw unwritable(key, 'is empty; give at least one URL');
    for (const url of urls) {
      if (url === '' || url.includes(','))
        throw unwritable(key, `holds ${quote(url)}; a URL is not empty and has no comma`);
    }
    return text.write(key, urls.join(','));
  },
  read(scalar) {
    const list = text.read(scalar);
    if ('problem' in list) return list;
    const value = list.value.split(',');
    return value.includes('') ? { problem: 'has an empty URL; remove the comma' } : { value };
  },
};

/** `name=url` pairs between commas. etcd ends a name at the first `=`. */
export const initialCluster: Codec<readonly InitialMember[]> = {
  write(key, members) {
    for (const { name } of members) {
      if (name === '' || /[,=]/.test(name)) {
        throw unwritable(
          key,
          `holds the member ${quote(name)}; a member name is not empty and has no comma and no "="`,
        );
      }
    }
    return urlList.write(
      key,
      members.map(({ name, peerUrl }) => `${name}=${peerUrl}`),
    );
  },
  read(scalar) {
    const list = urlList.read(scalar);
    if ('problem' in list) return list;
    const value: InitialMember[] = [];
    for (const pair of list.value) {
      const equals = pair.indexOf('=');
      if (equals < 1) return { problem: `has ${quote(pair)} where NAME=URL belongs` };
      value.push({ name: pair.slice(0, equals), peerUrl: pair.slice(equals + 1) });
    }
    return { value };
  },
};

function unwritable(key: string, problem: string): Error {
  return failure('etcd_config_invalid', { problems: `${key} ${problem}` });
}
