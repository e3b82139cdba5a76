import { failure } from '../errors.ts';
import { quote } from '../problems.ts';
import type { InitialMember, LogRotation } from './model.ts';

/** A scalar in the file: its text, and whether it was in quotes. */
export interface WrittenScalar {
  readonly text: string;
  readonly quoted: boolean;
}

/** The result of reading a scalar: its value, or a clause that says what is wrong. */
export type Read<Value> = { readonly value: Value } | { readonly problem: string };

/** Writes one kind of value after its key, and reads it back. */
export interface Codec<Value> {
  /** Whether the value is written as the only item of a YAML list. */
  readonly listed?: true;
  /** @throws PicketError etcd_config_invalid for a value that etcd's file cannot hold. */
  write(key: string, value: Value): string;
  read(scalar: WrittenScalar): Read<Value>;
}

/**
 * A string, always in double quotes and in printable ASCII. So the YAML 1.1 parser of etcd cannot read it as a boolean, number,
 * date, merge key or line break. Characters beyond the basic plane need `\U`, because Go refuses surrogate pairs.
 */
export const text: Codec<string> = {
  write(key, value) {
    if (!value.isWellFormed())
      throw unwritable(key, 'contains half a surrogate pair, which no file can contain; correct it');
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
      : { problem: 'must be in double quotes, because YAML reads some words without quotes as something else' };
  },
};

/** A value that etcd takes as a list, and of which Picket writes exactly one. */
export function listOfOne<Value>(item: Codec<Value>): Codec<Value> {
  return { listed: true, write: (key, value) => `[${item.write(key, value)}]`, read: item.read };
}

/** A whole number, zero or more. etcd would read other forms of durations as nanoseconds. */
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

/** A switch that is always on in Picket. */
export function alwaysTrue(why: string): Codec<true> {
  return {
    write: () => 'true',
    read: ({ text: written, quoted }) =>
      !quoted && written === 'true' ? { value: true } : { problem: `must be true: ${why}` },
  };
}

/** URLs with commas between them: etcd’s form of a list. */
export const urlList: Codec<readonly string[]> = {
  write(key, urls) {
    if (urls.length === 0) throw unwritable(key, 'is empty; give at least one URL');
    for (const url of urls) {
      if (url === '' || url.includes(','))
        throw unwritable(key, `contains ${quote(url)}; a URL must not be empty and must not contain a comma`);
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

/** `name=url` pairs with commas between them. etcd ends a name at the first `=`. */
export const initialCluster: Codec<readonly InitialMember[]> = {
  write(key, members) {
    for (const { name } of members) {
      if (name === '' || /[,=]/.test(name)) {
        throw unwritable(
          key,
          `contains the member ${quote(name)}; a member name must not be empty and must not contain a comma or "="`,
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

const example = '{"maxsize":10,"maxage":0,"maxbackups":3,"localtime":false,"compress":true}';
const shape = /^\{"maxsize":(\d+),"maxage":0,"maxbackups":(\d+),"localtime":false,"compress":(true|false)\}$/;

/**
 * etcd's `log-rotation-config-json`: JSON in a string, in one spelling only. What the model does not contain is fixed: old
 * files are deleted by their number, never by their age, and their names contain the time in UTC.
 */
export const logRotation: Codec<LogRotation> = {
  write(key, { maxSize, maxBackups, compress }) {
    const [size, backups] = [maxSize, maxBackups].map((number) => integer.write(key, number));
    return `'{"maxsize":${size},"maxage":0,"maxbackups":${backups},"localtime":false,"compress":${compress}}'`;
  },
  read(scalar) {
    const json = text.read(scalar);
    if ('problem' in json) return json;
    const [, size = '', backups = '', compress] = shape.exec(json.value) ?? [];
    const maxSize = integer.read({ text: size, quoted: false });
    const maxBackups = integer.read({ text: backups, quoted: false });
    return 'value' in maxSize && 'value' in maxBackups
      ? { value: { maxSize: maxSize.value, maxBackups: maxBackups.value, compress: compress === 'true' } }
      : { problem: `must be of the form ${example}` };
  },
};

function unwritable(key: string, problem: string): Error {
  return failure('etcd_config_invalid', { problems: `${key} ${problem}` });
}
