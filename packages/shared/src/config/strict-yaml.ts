import type { Static, TObject } from 'typebox';
import { Errors } from 'typebox/value';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { failure, type PicketError } from '../errors.ts';
import { didYouMean } from '../etcd-config/did-you-mean.ts';

/**
 * Reads a configuration file that may hold these keys and no others. An empty file is an empty mapping.
 * Throws `config_invalid`, which names the file, the line and what to write instead: a mistyped key that is
 * silently ignored is how a setting that was believed to be in force is not.
 *
 * @param whyNot the reason, as a clause, why a key that is understood is none of these
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
    throw invalid(`line ${lines.linePos(broken.pos[0]).line}: ${headline?.replace(/ at line .*$/, '') ?? 'not YAML'}`);
  }
  const value: unknown = document.toJS() ?? {};
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('it must hold a mapping of keys to values');

  const lineOf = (key: string): string => {
    const pair = isMap(document.contents)
      ? document.contents.items.find(({ key: node }) => isScalar(node) && node.value === key)
      : undefined;
    const node = pair?.key;
    return isScalar(node) && node.range ? `line ${lines.linePos(node.range[0]).line}: ` : '';
  };
  const known = Object.keys(schema.properties);
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const reason = whyNot(key);
    if (reason !== undefined) throw invalid(`${lineOf(key)}${key} cannot be set: ${reason}`);
    const near = didYouMean(key, known);
    const advice = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`;
    throw invalid(`${lineOf(key)}unknown key "${key}"; ${advice}`);
  }
  const [wrong] = Errors(schema, value);
  if (wrong !== undefined) {
    const path = wrong.instancePath.split('/').slice(1);
    // What typebox says of a key that a mapping within may not have.
    if (wrong.keyword === 'boolean') throw invalid(`${lineOf(path[0] ?? '')}unknown key "${path.join('.')}"`);
    const where = path.length > 0 ? `"${path.join('.')}" ` : '';
    throw invalid(`${lineOf(path[0] ?? '')}${where}${wrong.message}`);
  }
  return value as Static<Schema>;
}
