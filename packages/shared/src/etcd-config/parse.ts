import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type YAMLMap } from 'yaml';
import { failure } from '../errors.ts';
import { problemList, quote } from '../problems.ts';
import type { Read, WrittenScalar } from './codec.ts';
import { didYouMean } from './did-you-mean.ts';
import { hashCheckFields } from './hash-check.ts';
import { type Keys, type SectionField, sectionKeys, topKeys, transportKeys } from './keys.ts';
import type { EtcdConfig } from './model.ts';
import { maxBytes } from './render.ts';

const sections = Object.keys(sectionKeys) as SectionField[];

/**
 * Reads a conf.yml that {@link render} wrote and that someone may have edited. It is stricter than etcd, which ignores unknown
 * keys and reads a bare `yes` as a boolean. It refuses text that YAML 1.1 (etcd) and YAML 1.2 read differently. It does not
 * validate.
 *
 * @throws PicketError etcd_config_unreadable with every problem and its line.
 */
export function parse(text: string): EtcdConfig {
  const problems = textProblems(text);
  if (problems.length > 0) throw unreadable(problems);
  const lines = new LineCounter();
  const root = rootOf(text, lines);

  const reader: Reader = { text, lines, problems };
  const nested = sections.map((field) => sectionKeys[field]);
  const entries = entriesOf(reader, root, [...keysOf<TopLevel>(topKeys), ...nested], '');
  const config: Partial<EtcdConfig> = {
    ...readFields<TopLevel>(reader, entries, topKeys, ''),
    ...Object.fromEntries(sections.map((field) => [field, readSection(reader, entries, sectionKeys[field])])),
  };
  requireHashCheck(reader, entries);
  if (problems.length > 0) throw unreadable(problems);
  return config as EtcdConfig;
}

type TopLevel = Omit<EtcdConfig, SectionField>;

interface Reader {
  readonly text: string;
  readonly lines: LineCounter;
  readonly problems: string[];
}

interface Entry {
  readonly line: number;
  readonly value: unknown;
}

/** The problems of text that YAML 1.1 and 1.2 read differently. */
function textProblems(text: string): string[] {
  if (Buffer.byteLength(text) > maxBytes) return [`it is larger than ${maxBytes} bytes`];
  return text.split('\n').flatMap((content, index) => {
    const line = content.endsWith('\r') ? content.slice(0, -1) : content;
    const odd = /[^\t\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u.exec(
      line,
    )?.[0];
    if (odd === undefined) return [];
    const code = (odd.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return [`line ${index + 1} holds the character U+${code}; remove it, or write it as an escape in double quotes`];
  });
}

function rootOf(text: string, lineCounter: LineCounter): YAMLMap {
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: false });
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) {
      const { line } = lineCounter.linePos(error.pos[0]);
      const second = error.code === 'MULTIPLE_DOCS';
      throw unreadable([
        `line ${line} ${second ? 'begins a second document; keep one' : `is not YAML: ${quote(error.message).slice(1, -1)}`}`,
      ]);
    }
    const problems: string[] = [];
    if (document.directives?.yaml.explicit === true) problems.push('it has a %YAML line; remove it');
    visit(document, (_key, node) => {
      if (!isNode(node)) return;
      const line = lineCounter.linePos(node.range?.[0] ?? 0).line;
      if (isAlias(node)) problems.push(`line ${line}: an alias is not accepted; write the value out`);
      if ('anchor' in node && node.anchor !== undefined)
        problems.push(`line ${line}: an anchor is not accepted; remove it`);
      if ('tag' in node && node.tag !== undefined) problems.push(`line ${line}: a tag is not accepted; remove it`);
    });
    if (problems.length > 0) throw unreadable(problems);
    if (isMap(document.contents)) return document.contents;
  } catch (error) {
    if (error instanceof RangeError) throw unreadable(['it is nested too deep'], error);
    throw error;
  }
  throw unreadable(['it is not a mapping of keys to values, such as name: "x-k3s-m-1"']);
}

function entriesOf(
  { lines, problems }: Reader,
  map: YAMLMap,
  known: readonly string[],
  section: string,
): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const { key, value } of map.items) {
    const line = isScalar(key) && key.range ? lines.linePos(key.range[0]).line : 1;
    const name = isScalar(key) && typeof key.value === 'string' ? key.value : undefined;
    if (name === undefined) problems.push(`line ${line}: a key must be a word; remove it`);
    else if (!known.includes(name))
      problems.push(`line ${line}: the key ${quote(section + name)} is unknown; ${advice(name, known)}`);
    else entries.set(name, { line, value });
  }
  return entries;
}

function advice(name: string, known: readonly string[]): string {
  const meant = didYouMean(name, known);
  return meant === undefined ? 'remove it' : `did you mean "${meant}"?`;
}

function readSection(
  reader: Reader,
  entries: ReadonlyMap<string, Entry>,
  section: string,
): Partial<EtcdConfig[SectionField]> {
  const entry = entries.get(section);
  if (entry === undefined || !isMap(entry.value)) {
    reader.problems.push(
      entry === undefined
        ? `${section} is missing`
        : `line ${entry.line}: ${section} must be a section with keys of its own`,
    );
    return {};
  }
  const inner = entriesOf(reader, entry.value, keysOf(transportKeys), `${section}.`);
  const { clientCertAuth: _always, ...files } = readFields(reader, inner, transportKeys, `${section}.`);
  return files;
}

/** One of the keys of the check: without any, etcd compares nothing, and with both, etcd 3.6 does not start. */
function requireHashCheck({ problems }: Reader, entries: ReadonlyMap<string, Entry>): void {
  const keys = hashCheckFields.map((field) => topKeys[field].key);
  const [first, second] = keys.filter((key) => entries.has(key));
  if (first === undefined) problems.push(`${keys[0]} is missing`);
  if (second !== undefined) problems.push(`${first} and ${second} are the same check; remove one of them`);
}

function readFields<Model>(
  reader: Reader,
  entries: ReadonlyMap<string, Entry>,
  keys: Keys<Model>,
  prefix: string,
): Partial<Model> {
  const model: Partial<Model> = {};
  for (const field of Object.keys(keys) as (keyof Model)[]) readField(reader, entries, keys, prefix, field, model);
  return model;
}

function readField<Model, Field extends keyof Model>(
  reader: Reader,
  entries: ReadonlyMap<string, Entry>,
  keys: Keys<Model>,
  prefix: string,
  field: Field,
  into: Partial<Model>,
): void {
  const { key, codec, optional } = keys[field];
  const entry = entries.get(key);
  if (entry === undefined) {
    if (optional !== true) reader.problems.push(`${prefix}${key} is missing`);
    return;
  }
  const place = `line ${entry.line}: ${prefix}${key}`;
  const scalar = codec.listed ? soleItem(reader.text, entry.value) : written(reader.text, entry.value);
  const read = 'problem' in scalar ? scalar : codec.read(scalar.value);
  if ('problem' in read) reader.problems.push(`${place} ${read.problem}`);
  else into[field] = read.value;
}

/** A scalar as it was written. Escaped surrogates are refused, because Go refuses them. */
function written(text: string, node: unknown): Read<WrittenScalar> {
  const { type, source, value, range } = isScalar(node) ? node : {};
  if (type === 'PLAIN') return { value: { text: source ?? '', quoted: false } };
  if ((type !== 'QUOTE_DOUBLE' && type !== 'QUOTE_SINGLE') || typeof value !== 'string' || !range) {
    return { problem: 'must be a single value on the line of its key' };
  }
  const raw = text.slice(range[0], range[1]);
  return type === 'QUOTE_DOUBLE' && /[^\\](?:\\\\)*\\(?:u|U0000)d[89a-f]/i.test(raw)
    ? { problem: 'has a surrogate escape; write the character itself, or one \\U escape' }
    : { value: { text: value, quoted: true } };
}

function soleItem(text: string, node: unknown): Read<WrittenScalar> {
  return isSeq(node) && node.items.length === 1
    ? written(text, node.items[0])
    : { problem: 'must be a list of one value, in brackets' };
}

function keysOf<Model>(keys: Keys<Model>): string[] {
  return (Object.keys(keys) as (keyof Model)[]).map((field) => keys[field].key);
}

function unreadable(problems: readonly string[], cause?: Error): Error {
  return failure('etcd_config_unreadable', { problems: problemList(problems) }, { cause });
}
