import { parseSync } from 'oxc-parser';

/** A regular expression of a source file. */
export interface Expression {
  readonly pattern: string;
  readonly flags: string;
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What stands for a part that only the running program knows: a name without a character of regular expressions. */
const unknownName = 'x';

/**
 * All regular expressions of a file: literals, `new RegExp(…)`, and the `pattern` of schemas.
 *
 * @throws for one whose pattern is not in the file
 */
export function expressionsIn(file: string, source: string): readonly Expression[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed`);
  const nodes = [...nodesBelow(program)];
  const constants = new Map(
    nodes.flatMap(({ type, id, init }) =>
      type === 'VariableDeclarator' && isNode(id) && isNode(init) ? [[String(id.name), init] as const] : [],
    ),
  );
  const textOf = (node: unknown): string | null => {
    if (!isNode(node)) return null;
    if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null;
    if (node.type === 'Identifier') return textOf(constants.get(String(node.name)));
    if (node.type !== 'TemplateLiteral') return null;
    const [texts, parts] = [node.quasis as readonly Node[], node.expressions as readonly Node[]];
    const cooked = texts.map(({ value }) => (value as { readonly cooked: string }).cooked);
    return cooked.map((text, index) => text + (parts[index] ? (textOf(parts[index]) ?? unknownName) : '')).join('');
  };
  const required = (node: unknown): string => {
    const text = textOf(node);
    if (text === null) throw new Error(`${file} has a regular expression whose pattern is not in this file`);
    return text;
  };
  return nodes.flatMap((node): readonly Expression[] => {
    if (node.type === 'Literal' && isRegex(node.regex)) return [node.regex];
    if (isRegExp(node)) {
      const [pattern, flags] = node.arguments as readonly unknown[];
      return [{ pattern: required(pattern), flags: textOf(flags) ?? '' }];
    }
    if (node.type === 'Property' && isNode(node.key) && node.key.name === 'pattern' && node.shorthand !== true) {
      const pattern = textOf(node.value);
      return pattern === null ? [] : [{ pattern, flags: 'u' }];
    }
    return [];
  });
}

function* nodesBelow(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value)) yield value;
  for (const inner of Object.values(value)) yield* nodesBelow(inner);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function isRegex(value: unknown): value is Expression {
  return typeof value === 'object' && value !== null && 'pattern' in value;
}

function isRegExp({ type, callee }: Node): boolean {
  return (type === 'NewExpression' || type === 'CallExpression') && isNode(callee) && callee.name === 'RegExp';
}
