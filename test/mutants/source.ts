import { asWritten, isNode, type Node, parse, placedIn, type Rename, type Run, runsWithin } from './syntax.ts';

/** A source file with its syntax tree. */
export interface Source {
  readonly text: string;
  readonly program: Node;
  /** Where a node stands; absent for the program. */
  readonly runOf: ReadonlyMap<Node, Run>;
  /** The name of each node that defines something: see {@link definitionsOf}. */
  readonly definitions: ReadonlyMap<Node, string>;
}

/** @throws for text that is no TypeScript */
export function readSource(text: string): Source {
  const program = parse(text);
  if (program === null) throw new Error(`This cannot be parsed: ${text.slice(0, 200)}`);
  const runOf = new Map(runsWithin(program, 1).map((run) => [run.nodes[0], run]));
  return { text, program, runOf, definitions: new Map(definitionsWithin(program, null)) };
}

/**
 * All definitions of this name: functions, constants of the module, classes and their members (`Class.member`), and functions
 * that are properties (`around.property`). Several may have one name.
 */
export function definitionsOf(source: Source, name: string, rename: Rename = asWritten): readonly Node[] {
  return [...source.definitions].flatMap(([node, own]) =>
    rename({ kind: 'variable', name: own }) === name ? [node] : [],
  );
}

function definitionsWithin(node: Node, around: string | null): readonly (readonly [Node, string])[] {
  return placedIn(node).flatMap(([, child]) => {
    const own = nameOfDefinition(child, around);
    const isMember = /^(?:Property|PropertyDefinition|MethodDefinition)$/.test(child.type) && around !== null;
    const name = own !== null && isMember ? `${around}.${own}` : own;
    const below = definitionsWithin(child, name ?? around);
    return name === null ? below : [[child, name], ...below];
  });
}

function nameOfDefinition(node: Node, around: string | null): string | null {
  const isFunction = [node.init, node.value].some((value) => isNode(value) && /Function/.test(value.type));
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return nameOf(node.id);
    case 'VariableDeclarator':
      return isFunction || around === null ? nameOf(node.id) : null;
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return nameOf(node.key);
    case 'Property':
      return isFunction ? nameOf(node.key) : null;
    default:
      return null;
  }
}

function nameOf(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === 'PrivateIdentifier') return `#${String(node.name)}`;
  return node.type === 'Identifier' ? String(node.name) : null;
}
