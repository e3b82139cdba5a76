import { type Reading, readingsOf } from './readings.ts';
import { definitionsOf, type Source } from './source.ts';
import {
  asWritten,
  isNode,
  type Name,
  type Node,
  nameAt,
  type Placed,
  type Rename,
  type Run,
  runsWithin,
} from './syntax.ts';

/** Where a guard is in a source. */
export interface Found {
  readonly run: Run;
  readonly reading: Reading;
  /** The name in the source for each name of the guard. */
  readonly names: ReadonlyMap<string, string>;
  /** The code for each hole of the guard. */
  readonly holes: ReadonlyMap<string, Node>;
}

/**
 * Finds the code that has the shape of the guard: the same syntax tree, in which each name may be another one. Two places
 * with one name in the guard have one name in the source too. A name that begins with `$` is a hole, which matches any code.
 * At least half of the names must be the same. Of several candidates, the one with most equal names wins. A string, a
 * number or a regular expression must be equal, unless no candidate has an equal one.
 *
 * @param within the name of a definition, in which alone the guard is looked for; in the whole file if no definition has that name
 * @throws if no candidate is found, or several that are equally good
 */
export function findShape(source: Source, guard: string, within: string | null, rename: Rename = asWritten): Found {
  const definitions = within === null ? [] : definitionsOf(source, within, rename);
  const regions = definitions.length > 0 ? definitions : [source.program];
  const readings = readingsOf(guard);
  if (readings.length === 0) throw new Error(`This guard cannot be parsed: ${guard}`);
  for (const texts of ['equal', 'any'] as const) {
    for (const reading of readings) {
      const candidates = regions.flatMap((region) => candidatesIn(region, reading, texts, rename));
      const most = Math.max(...candidates.map(({ equal }) => equal));
      const [best, ...ties] = candidates.filter(({ equal }) => equal === most);
      if (best === undefined) continue;
      if (ties.length === 0) return best;
      const lines = [best, ...ties].map(({ run }) => source.text.slice(0, run.nodes[0].start).split('\n').length);
      throw new Error(`Several places, in lines ${lines.join(' and ')}, have the shape of this guard: ${guard}`);
    }
  }
  throw new Error(`No place of the source has the shape of this guard: ${guard}`);
}

/** The key of a name in {@link Found.names}. */
export function keyOf({ kind, name }: Name): string {
  return `${kind} ${name}`;
}

interface Candidate extends Found {
  /** How many names, and texts and numbers, are those of the guard. */
  readonly equal: number;
}

type Texts = 'equal' | 'any';

function candidatesIn(region: Node, reading: Reading, texts: Texts, rename: Rename): readonly Candidate[] {
  const { nodes } = reading.run;
  return runsWithin(region, nodes.length).flatMap((run) => {
    const comparison = new Comparison(texts, rename);
    if (!nodes.every((node, index) => comparison.agree([reading.run, node], [run, run.nodes[index] as Node])))
      return [];
    const { names, holes, equalNames, equalTexts } = comparison;
    if (names.size > 1 && 2 * equalNames < names.size) return [];
    return [{ run, reading, names, holes, equal: equalNames + equalTexts }];
  });
}

/** What has no meaning of its own: positions, and what follows from the children or from quotes. */
const noShape = new Set(['start', 'end', 'raw', 'shorthand', 'expression']);

class Comparison {
  readonly names = new Map<string, string>();
  readonly holes = new Map<string, Node>();
  readonly #keys = new Map<string, string>();
  equalNames = 0;
  equalTexts = 0;
  readonly #texts: Texts;
  readonly #rename: Rename;

  constructor(texts: Texts, rename: Rename) {
    this.#texts = texts;
    this.#rename = rename;
  }

  agree(ofGuard: Placed, ofSource: Placed): boolean {
    const [[, pattern], [, node]] = [ofGuard, ofSource];
    const hole = holeOf(pattern);
    if (hole !== null) {
      this.holes.set(hole, node);
      return true;
    }
    if (pattern.type !== node.type) return false;
    const name = nameAt(...ofGuard);
    if (name !== null) {
      const found = nameAt(...ofSource);
      if (found === null || !this.#bind(name, found)) return false;
    }
    if (pattern.type === 'Literal' || pattern.type === 'TemplateElement') return this.#agreeInText(pattern, node);
    return Object.entries(pattern).every(([field, value]) => {
      if (field === 'name' && name !== null) return true;
      if (noShape.has(field) && !isNode(value)) return true;
      return this.#agreeIn(field, [pattern, value], [node, node[field]]);
    });
  }

  #agreeIn(field: string, [guard, value]: [Node, unknown], [source, found]: [Node, unknown]): boolean {
    if (isNode(value)) {
      return isNode(found) && this.agree([{ parent: guard, field }, value], [{ parent: source, field }, found]);
    }
    if (!Array.isArray(value)) return value === found;
    return (
      Array.isArray(found) &&
      value.length === found.length &&
      value.every((one, index) => this.#agreeIn(field, [guard, one], [source, found[index]]))
    );
  }

  #agreeInText(guard: Node, source: Node): boolean {
    const [own, other] = [textOf(guard), textOf(source)];
    if (own.kind !== other.kind) return false;
    const isEqual = own.text === other.text;
    if (isEqual) this.equalTexts += 1;
    return isEqual || (this.#texts === 'any' && own.isFree);
  }

  #bind(name: Name, found: Name): boolean {
    const renamed = this.#rename(found);
    const [key, foundKey] = [keyOf(name), keyOf({ ...found, name: renamed })];
    if (name.kind !== found.kind) return false;
    if (!this.names.has(key) && !this.#keys.has(foundKey)) {
      this.names.set(key, renamed);
      this.#keys.set(foundKey, key);
      if (renamed === name.name) this.equalNames += 1;
    }
    return this.names.get(key) === renamed && this.#keys.get(foundKey) === key;
  }
}

/** The name of a hole, which stands for any expression, statement or type. */
export function holeOf(node: Node): string | null {
  const [inner] = [node.expression, node.typeName].filter(isNode);
  const isAround = node.type === 'ExpressionStatement' || node.type === 'TSTypeReference';
  if (isAround && inner !== undefined) return holeOf(inner);
  return node.type === 'Identifier' && String(node.name).startsWith('$') ? String(node.name) : null;
}

/** The text of a literal; it is free if another one may stand in its place. */
function textOf({ value, regex }: Node): { readonly kind: string; readonly text: string; readonly isFree: boolean } {
  if (regex !== undefined) return { kind: 'regex', text: JSON.stringify(regex), isFree: true };
  const kind = value === null ? 'null' : typeof value;
  return {
    kind,
    text: kind === 'object' ? JSON.stringify(value) : String(value),
    isFree: kind !== 'null' && kind !== 'boolean',
  };
}
