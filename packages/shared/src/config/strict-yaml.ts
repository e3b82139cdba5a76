import type { Static, TObject, TSchema } from 'typebox';
import { Errors } from 'typebox/value';
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { failure, type PicketError } from '../errors.ts';
import { didYouMean } from '../etcd-config/did-you-mean.ts';
import { messageOf } from '../problems.ts';
import { cutText } from '../reasons/cut-text.ts';
import { quoteForeign } from '../secrets.ts';

/** Of what the reader of YAML says, in characters. It repeats a part of the file. */
const longestWords = 200;

const mapping = 'must be a mapping of keys to values';

/** A place in the file: keys, and indexes of lists. */
type Path = readonly string[];

/**
 * Reads a configuration file that may contain only these keys. An empty file is an empty mapping.
 * Throws `config_invalid`, which names the file, the line and what to write instead. If a mistyped key were ignored, people
 * would believe that a setting is in force although it is not.
 *
 * @param whyNot the reason, as a clause, why a known key cannot be set here
 */
export function readStrictYaml<Schema extends TObject>(
  text: string,
  schema: Schema,
  file: string,
  whyNot: (key: string) => string | undefined = () => undefined,
): Static<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, version: '1.2' });
  const invalid = (problem: string): PicketError => failure('config_invalid', { file, problem });

  const [broken] = document.errors;
  if (broken !== undefined) {
    const [headline] = broken.message.split('\n');
    throw invalid(
      `line ${lines.linePos(broken.pos[0]).line}: ${cutText(headline?.split(' at line ')[0] ?? 'not YAML', longestWords)}`,
    );
  }
  const value = writtenIn(document, invalid) ?? {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`it ${mapping}`);

  const lineOf = (path: Path): string => {
    const start = startOf(document, path);
    return start === null ? '' : `line ${lines.linePos(start).line}: `;
  };
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(schema.properties, key)) continue;
    const reason = whyNot(key);
    if (reason !== undefined) throw invalid(`${lineOf([key])}${key} cannot be set: ${reason}`);
    throw invalid(`${lineOf([key])}unknown key ${quoteForeign(key)}; ${adviceOn([key], schema)}`);
  }
  const [wrong] = Errors(schema, value);
  if (wrong !== undefined) {
    const path = wrong.instancePath.split('/').slice(1);
    // typebox's keyword for a key that an inner mapping may not have.
    if (wrong.keyword === 'boolean') {
      throw invalid(`${lineOf(path)}unknown key ${quoteForeign(path.join('.'))}; ${adviceOn(path, schema)}`);
    }
    const where = path.length > 0 ? `"${path.join('.')}" ` : '';
    throw invalid(`${lineOf(path)}${where}${wrong.message === 'must be object' ? mapping : wrong.message}`);
  }
  return value as Static<Schema>;
}

function writtenIn(document: Document.Parsed, invalid: (problem: string) => PicketError): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias without its anchor, or one that stands for too much.
    throw invalid(cutText(messageOf(error), longestWords));
  }
}

/** What to write instead of a key that is unknown at this place. */
function adviceOn(path: Path, schema: TObject): string {
  const key = path.at(-1) ?? '';
  const known = keysAt(schema, path.slice(0, -1));
  const near = didYouMean(key, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  const home = mappingsOf(schema).find(({ keys }) => keys.includes(key));
  if (home !== undefined) return `write it ${home.name === '' ? 'at the outermost level' : `below "${home.name}"`}`;
  return `known are ${known.join(', ')}`;
}

function keysAt(schema: TSchema, path: Path): string[] {
  const [first, ...rest] = path;
  const { properties = {}, items } = schema as { properties?: Record<string, TSchema>; items?: TSchema };
  if (first === undefined) return Object.keys(properties);
  const within = properties[first] ?? items;
  return within === undefined ? [] : keysAt(within, rest);
}

/** The outermost mapping, and the named mappings in it. */
function mappingsOf({ properties }: TObject): { readonly name: string; readonly keys: readonly string[] }[] {
  const within = Object.entries(properties).map(([name, schema]) => ({ name, keys: keysAt(schema, []) }));
  return [{ name: '', keys: Object.keys(properties) }, ...within];
}

/** The position in the text of the key or list item at the end of the path; null if the text does not contain it. */
function startOf(document: Document.Parsed, path: Path): number | null {
  let node: unknown = document.contents;
  let start: number | null = null;
  for (const step of path) {
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined) return start;
      start = (pair.key as Node).range?.[0] ?? start;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      start = (node as Node | undefined)?.range?.[0] ?? start;
    } else return start;
  }
  return start;
}
