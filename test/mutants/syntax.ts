import { parseSync, visitorKeys } from 'oxc-parser';

/** A node of a syntax tree (ESTree with TypeScript), which knows no parentheses. Positions count UTF-16 units. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** Where a node stands: in which field of which node. */
export interface Place {
  readonly parent: Node;
  readonly field: string;
}

export type Placed = readonly [Place, Node];

/** Siblings side by side in one field of their parent; one node if the field holds no list. */
export interface Run extends Place {
  readonly nodes: readonly [Node, ...Node[]];
}

export function parse(text: string): Node | null {
  const { program, errors } = parseSync('source.ts', text, { preserveParens: false });
  return errors.length > 0 ? null : (program as unknown as Node);
}

/** The fields of a node that hold nodes, in the order of the source. */
function childFields(node: Node): readonly string[] {
  return visitorKeys[node.type] ?? [];
}

/** The children of a node, and where each of them stands. */
export function placedIn(node: Node): readonly Placed[] {
  return childFields(node).flatMap((field) =>
    [node[field]]
      .flat()
      .filter(isNode)
      .map((child): Placed => [{ parent: node, field }, child]),
  );
}

/** All runs of this many siblings below a node. */
export function runsWithin(node: Node, length: number): readonly Run[] {
  const known = runsOf.get(node) ?? new Map<number, readonly Run[]>();
  runsOf.set(node, known);
  const runs = known.get(length) ?? [...findRuns(node, length)];
  known.set(length, runs);
  return runs;
}

/** The runs below each node for which they were looked for, by their length. */
const runsOf = new WeakMap<Node, Map<number, readonly Run[]>>();

function* findRuns(node: Node, length: number): Generator<Run> {
  for (const field of childFields(node)) {
    const list = [node[field]].flat();
    for (let at = 0; at + length <= list.length; at += 1) {
      const [first, ...others] = list.slice(at, at + length);
      if (isNode(first) && others.every(isNode)) yield { parent: node, field, nodes: [first, ...others] };
    }
    for (const child of list) if (isNode(child)) yield* findRuns(child, length);
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';
}

/** A name of the code: of a variable, a function or a type, or of a property. Renaming one kind leaves the other. */
export interface Name {
  readonly kind: 'variable' | 'property';
  readonly name: string;
}

/** What a name of the source is called; a test renames by it. */
export type Rename = (name: Name) => string;

export const asWritten: Rename = ({ name }) => name;

const propertyFields = new Set(['property', 'key']);

/** The name that stands at this place, if one does. */
export function nameAt({ parent, field }: Place, node: Node): Name | null {
  if (node.type === 'PrivateIdentifier') return { kind: 'property', name: `#${String(node.name)}` };
  if (node.type !== 'Identifier') return null;
  const isProperty = propertyFields.has(field) && parent.computed !== true;
  return { kind: isProperty ? 'property' : 'variable', name: String(node.name) };
}
