import t from 'tap';
import { readSource } from './source.ts';
import { editOf, type SourceChange } from './source-change.ts';
import { rewritten } from './splice.ts';

function changed(source: string, guard: SourceChange['guard'], without: string): string {
  return rewritten(source, [editOf(readSource(source), { file: 'source.ts', guard, without })]);
}

for (const [what, source, guard, without, expected] of [
  ['the same names', 'if (a && b) c();', 'a && b', 'a', 'if (a) c();'],
  [
    'a renamed variable',
    'if (now > end) go();',
    'if (now > until) go();',
    'if (until < 0) go();',
    'if (end < 0) go();',
  ],
  ['a renamed property', 'f(a.end, b);', 'f(a.until, b)', 'f(b, a.until.c)', 'f(b, a.end.c);'],
  ['a name only in it', 'f(a, b);', 'f(a, b)', 'f(a, null, c)', 'f(a, null, c);'],
  ['a shorthand of a renamed variable', 'f({ c: a, b });', 'f({ c, b })', 'f({ b, c })', 'f({ b, c: a });'],
  ['a shorthand of both', 'f({ a: { b }, c });', 'f({ a: { d }, c })', 'f({ d, c })', 'f({ b, c });'],
  ['a hole', 'f(g(/* why */ a), b);', 'f($1, b)', 'f(b, $1)', 'f(b, g(/* why */ a));'],
  ['a hole for a statement', 'if (a) { b(); }', 'if (a) $body', 'if (c) $body', 'if (c) { b(); }'],
  ['several statements', 'a(); b(); c();', 'b(); c();', 'c(); b();', 'a(); c(); b();'],
  ['parentheses', 'const a = b && c.d;', 'c.d', 'c.d || e', 'const a = b && (c.d || e);'],
  ['an object in a statement', 'const f = () => a;', 'a', '{ b }', 'const f = () => ({ b });'],
] as const) {
  t.test(`a guard is replaced: ${what}`, (t) => {
    t.equal(changed(source, guard, without), expected);
    t.end();
  });
}

for (const [what, source, guard, expected] of [
  ['a statement', 'a(); b(); c();', 'b();', 'a();  c();'],
  ['an expression with its statement', 'a(); b(); c();', 'b()', 'a();  c();'],
  ['several statements', 'a(); b(); c();', 'a(); b();', ' c();'],
  ['the body of a condition', 'if (a) b();', 'b();', 'if (a) {}'],
  ['the first operand', 'if (a.b || c) d();', 'a.b', 'if (c) d();'],
  ['the last operand', 'if (a || (b && c.d)) e();', 'c.d', 'if (a || (b)) e();'],
  ['an operand beside a weaker one', 'f((a || b) && c.d && e);', 'c.d', 'f((a || b) && e);'],
  ['the first argument', 'f(a.b, c);', 'a.b', 'f(c);'],
  ['the last argument', 'f(a, b.c);', 'b.c', 'f(a);'],
  ['the only argument', 'f(a.b,);', 'a.b', 'f();'],
  ['an element', 'const a = [b, c.d, e];', 'c.d', 'const a = [b, e];'],
  ['a property', 'f({ a: b, c: d, ...e });', 'c: d', 'f({ a: b, ...e });'],
  ['a spread property', 'f({ a: b, c: d, ...e });', '...e', 'f({ a: b, c: d });'],
  ['a property of a pattern', 'const { a: b, ...c } = d;', 'a: b', 'const { ...c } = d;'],
  ['a method', 'class A { b() {} c() {} }', 'b() {}', 'class A {  c() {} }'],
] as const) {
  t.test(`a guard is removed: ${what}`, (t) => {
    t.equal(changed(source, guard, ''), expected);
    t.end();
  });
}

t.test('what nothing can be left of is not removed', (t) => {
  t.throws(() => changed('const a = b.c;', 'b.c', ''), /cannot be removed/);
  t.end();
});

t.test('a text of a literal is replaced', (t) => {
  const source = `const [a, b] = [/x|y|z/, \`select \${a} from b\`]; // from b`;
  t.equal(changed(source, { text: '|y|' }, '|'), source.replace('|y|', '|'));
  t.equal(changed(source, { text: ' from b' }, ''), source.replace(' from b', ''));
  t.throws(() => changed(source, { text: 'const' }, ''), /No literal/);
  t.throws(() => changed(source, { text: 'x|y|z/,' }, ''), /No literal/);
  t.throws(() => changed("f('aa');", { text: 'a' }, ''), /several times/);
  t.end();
});
