import { readingsOf } from './readings.ts';
import { type Found, findShape, holeOf, keyOf } from './shape.ts';
import { definitionsOf, type Source } from './source.ts';
import { type Edit, inBrackets, removal, rewritten } from './splice.ts';
import { isNode, nameAt, type Placed, placedIn, runsWithin } from './syntax.ts';

/** A guard of a source file, and what stands in its place. */
export interface SourceChange {
  /** Path of the source file, from the workspace's folder on. */
  readonly file: string;
  /** The definition around the guard, see {@link definitionsOf}; absent at the top level of the module. */
  readonly in?: string;
  /** The guard: code that the source has under the same or other names, see {@link findShape}, or a text of a literal. */
  readonly guard: string | { readonly text: string };
  /** In place of the guard; names of the guard become those of the source. If empty, the guard is removed. */
  readonly without: string;
}

/**
 * Where a change is in its source, and what it makes of it.
 *
 * @throws unless the guard is in one place
 */
export function editOf(source: Source, change: SourceChange): Edit {
  const { guard, without, in: within = null } = change;
  if (typeof guard !== 'string') return { ...placeOfText(source, guard.text, within), text: without };
  const found = findShape(source, guard, within);
  return without === '' ? removal(source, found.run) : replacement(source, found, without);
}

function placeOfText(source: Source, text: string, within: string | null): Omit<Edit, 'text'> {
  const definitions = within === null ? [] : definitionsOf(source, within);
  const nodes = (definitions.length > 0 ? definitions : [source.program]).flatMap((region) =>
    runsWithin(region, 1).map(({ nodes: [node] }) => node),
  );
  const starts = nodes.flatMap(({ type, start, end }) =>
    type === 'Literal' || type === 'TemplateLiteral' ? positionsOf(text, source.text, start, end) : [],
  );
  const [start, ...others] = new Set(starts);
  if (start === undefined) throw new Error(`No literal of the source has this text: ${text}`);
  if (others.length > 0) throw new Error(`The literals of the source have this text several times: ${text}`);
  return { start, end: start + text.length };
}

function positionsOf(text: string, within: string, from: number, to: number): readonly number[] {
  const at = within.indexOf(text, from);
  return at === -1 || at + text.length > to ? [] : [at, ...positionsOf(text, within, at + 1, to)];
}

function replacement(source: Source, found: Found, without: string): Edit {
  const { run, reading } = found;
  const own = readingsOf(without).find(({ way }) => way === reading.way);
  if (own === undefined) throw new Error(`This cannot stand in the place of the guard: ${without}`);
  const { parent, field, nodes } = own.run;
  const edits = nodes.flatMap((node) => toNamesOf(source, found, [{ parent, field }, node]));
  const shifted = edits.map((edit) => ({ ...edit, start: edit.start - own.offset, end: edit.end - own.offset }));
  const text = rewritten(without, shifted);
  const [first, last] = [run.nodes[0], run.nodes.at(-1) ?? run.nodes[0]];
  const isOne = nodes.length === 1 && first === last;
  return { start: first.start, end: last.end, text: isOne ? inBrackets(text, nodes[0], run) : text };
}

/** What to write over the code of a replacement: the names of the source, and its code in place of the holes. */
function toNamesOf(source: Source, found: Found, [place, node]: Placed): readonly Edit[] {
  const { start, end } = node;
  const hole = found.holes.get(holeOf(node) ?? '');
  if (hole !== undefined) {
    return [{ start, end, text: inBrackets(source.text.slice(hole.start, hole.end), hole, place) }];
  }
  const edits = placedIn(node).flatMap((child) => toNamesOf(source, found, child));
  const name = nameAt(place, node);
  if (name !== null) return [{ start, end: start + name.name.length, text: renamed(found, [place, node]) }, ...edits];
  const { key, value, shorthand } = node;
  if (shorthand !== true || !isNode(key) || !isNode(value)) return edits;
  // `{ name }` names a property and a variable, and only one of them may have another name in the source.
  const variable = value.type === 'AssignmentPattern' && isNode(value.left) ? value.left : value;
  const [property, own] = [
    renamed(found, [{ parent: node, field: 'key' }, key]),
    renamed(found, [{ parent: node, field: 'value' }, variable]),
  ];
  const ofValue = toNamesOf(source, found, [{ parent: node, field: 'value' }, value]);
  return property === own ? ofValue : [...ofValue, { start, end: start, text: `${property}: ` }];
}

/** The name of the source for the name at this place, or this name if the guard does not have it. */
function renamed({ names }: Found, placed: Placed): string {
  const name = nameAt(...placed);
  return name === null ? '' : (names.get(keyOf(name)) ?? name.name);
}
