import type { Source } from './source.ts';
import { isNode, type Node, type Place, type Run } from './syntax.ts';

/** The text between two positions, and what comes in its place. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text after edits that do not overlap; what is inserted where another edit begins comes before it. */
export function rewritten(text: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((one, other) => other.start - one.start || other.end - one.end)
    .reduce((said, edit) => said.slice(0, edit.start) + edit.text + said.slice(edit.end), text);
}

/** Expressions that need no parentheses anywhere. */
const selfContained = new Set(
  'Identifier Literal TemplateLiteral MemberExpression CallExpression ThisExpression ArrayExpression'.split(' '),
);

/** Where no expression but a sequence needs parentheses: the type of the parent, and its field. */
const open = new Set(
  [
    'IfStatement.test WhileStatement.test ReturnStatement.argument ForOfStatement.right ExpressionStatement.expression',
    'CallExpression.arguments NewExpression.arguments ArrayExpression.elements TemplateLiteral.expressions',
    'VariableDeclarator.init AssignmentExpression.right Property.value PropertyDefinition.value',
  ].flatMap((places) => places.split(' ')),
);

/** The code of a node, in parentheses if it may need them at this place. */
export function inBrackets(code: string, { type }: Node, { parent, field }: Place): string {
  if (!/Expression$/.test(type) || selfContained.has(type)) return code;
  const isOpen = open.has(`${parent.type}.${field}`) && type !== 'SequenceExpression';
  return isOpen && !(type === 'ObjectExpression' && field === 'expression') ? code : `(${code})`;
}

/** Lists whose nodes stand side by side without a comma. */
const unseparated = /^(?:Program|BlockStatement|ClassBody|TSInterfaceBody|SwitchCase)$/;

/**
 * Removes nodes: from their list, an operand from its operator, an expression with its statement.
 *
 * @throws if nothing would be left in their place
 */
export function removal(source: Source, { parent, field, nodes }: Run): Edit {
  const [{ start }, { end }] = [nodes[0], nodes.at(-1) ?? nodes[0]];
  const around = source.runOf.get(parent);
  const list = parent[field];
  if (Array.isArray(list) && unseparated.test(parent.type)) return { start, end, text: '' };
  if (Array.isArray(list)) {
    const [before, next] = [list[list.indexOf(nodes[0]) - 1], list[list.indexOf(nodes.at(-1)) + 1]];
    if (isNode(next)) return { start, end: next.start, text: '' };
    if (isNode(before)) return { start: before.end, end, text: '' };
    const comma = /^\s*,/.exec(source.text.slice(end))?.[0] ?? '';
    return { start, end: end + comma.length, text: '' };
  }
  if (parent.type === 'ExpressionStatement' && around !== undefined) return removal(source, around);
  const other = parent[field === 'left' ? 'right' : 'left'];
  if (/^(?:Logical|Binary)Expression$/.test(parent.type) && isNode(other) && around !== undefined) {
    const code = source.text.slice(other.start, other.end);
    return { start: parent.start, end: parent.end, text: inBrackets(code, other, around) };
  }
  const isBody = /^(?:consequent|alternate|body)$/.test(field) && /Statement$/.test(parent.type);
  if (isBody) return { start, end, text: '{}' };
  throw new Error(`The ${field} of a ${parent.type} cannot be removed: ${source.text.slice(start, end)}`);
}
