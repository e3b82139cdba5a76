import { isNode, type Node, parse, type Run } from './syntax.ts';

/** A piece of code, read as what it may be. */
export interface Reading {
  readonly run: Run;
  /** As what it was read: expression, statements, and so on. */
  readonly way: Way;
  /** Where the piece begins in the text that the positions of the nodes belong to. */
  readonly offset: number;
}

interface Way {
  readonly before: string;
  readonly after: string;
  /** From the statement that the piece makes with both, the fields on the way to the nodes of the piece. */
  readonly path: readonly (string | number)[];
}

const inMethod = 'class C extends C { async *m() { ';
const bodyOfMethod = ['body', 'body', 0, 'value', 'body', 'body'];

const ways: readonly Way[] = [
  { before: `${inMethod}(`, after: '\n); } }', path: [...bodyOfMethod, 0, 'expression'] },
  { before: inMethod, after: '\n} }', path: bodyOfMethod },
  { before: `${inMethod}({`, after: '\n}); } }', path: [...bodyOfMethod, 0, 'expression', 'properties'] },
  {
    before: `${inMethod}const {`,
    after: '\n} = 0; } }',
    path: [...bodyOfMethod, 0, 'declarations', 0, 'id', 'properties'],
  },
  { before: 'class C extends C { ', after: '\n}', path: ['body', 'body'] },
  { before: '((', after: '\n) => 0);', path: ['expression', 'params'] },
  { before: 'type T = ', after: '\n;', path: ['typeAnnotation'] },
  { before: 'interface T { ', after: '\n}', path: ['body', 'body'] },
  { before: '', after: '', path: [] },
];

/**
 * A piece of code as an expression, as statements, as properties, as members of a class, as parameters, as a type, as its
 * members and as a statement of a module, where it can be read so.
 */
export function readingsOf(code: string): readonly Reading[] {
  return ways.flatMap((way) => {
    const { before, after, path } = way;
    const statement = parse(before + code + after)?.body;
    const all = Array.isArray(statement) ? statement : [];
    let [parent, field, value]: [unknown, string, unknown] = [null, 'body', path.length === 0 ? all : all[0]];
    if (path.length > 0 && all.length !== 1) return [];
    for (const step of path) {
      if (typeof step === 'string') [parent, field] = [value, step];
      value =
        isNode(value) || Array.isArray(value) ? (value as unknown as Record<string | number, unknown>)[step] : null;
    }
    const nodes = Array.isArray(value) ? value : [value];
    const [first, ...others] = nodes;
    if (!isNode(first) || !others.every(isNode)) return [];
    const run: Run = { parent: isNode(parent) ? parent : programAround(nodes), field, nodes: [first, ...others] };
    return [{ run, way, offset: before.length }];
  });
}

function programAround(body: readonly Node[]): Node {
  return { type: 'Program', start: 0, end: 0, body };
}
