import t from 'tap';
import { findShape } from './shape.ts';
import { readSource } from './source.ts';

/** The code that is found for a guard. */
function found(source: string, guard: string, within: string | null = null): string {
  const { nodes } = findShape(readSource(source), guard, within).run;
  return source.slice(nodes[0].start, nodes.at(-1)?.end);
}

const hold = `
  function awaitHold(permit: Permit, now: number) {
    const told = reportOf(permit);
    if (told?.rebooted === true && staysSince(permit.issuedAt)) return 'over';
    if (now - permit.issuedAt > mostMs) return 'late';
    return null;
  }`;

t.test('a guard is found in its function', (t) => {
  t.equal(found(hold, 'now - permit.issuedAt > mostMs', 'awaitHold'), 'now - permit.issuedAt > mostMs');
  t.equal(found(hold, "if (now - permit.issuedAt > mostMs) return 'late';", 'awaitHold').slice(0, 6), 'if (no');
  t.end();
});

const guard = 'told?.rebooted === true && staysSince(permit.issuedAt)';
for (const [what, from, to] of [
  ['a variable', 'told', 'said'],
  ['a property', 'issuedAt', 'givenAt'],
  ['a function', 'staysSince', 'lastsSince'],
  ['the function around it', 'awaitHold', 'endOfHold'],
] as const) {
  t.test(`a guard is found after a rename of ${what}`, (t) => {
    t.equal(found(hold.replaceAll(from, to), guard, 'awaitHold'), guard.replaceAll(from, to));
    t.end();
  });
}

t.test('a guard is found in other formatting', (t) => {
  const source = `
    function f() {
      return send(
        // why
        "a",
        { b, 'c-d': (1) },
      );
    }`;
  t.match(found(source, "send('a', { b, 'c-d': 1 })", 'f'), /^send\(/);
  t.end();
});

t.test('names of the guard and names of the source stand for each other, one for one', (t) => {
  const source = 'const one = last - first > last; const two = last - first > most;';
  t.equal(found(source, 'now - first > most'), 'last - first > most');
  t.equal(found(source, 'last - start > last'), 'last - first > last');
  t.throws(() => found('const one = last - first > last;', 'last - first > most'), /No place/);
  t.end();
});

t.test('a variable and a property of one name are two names', (t) => {
  t.equal(found('const found = status.state;', 'status.status'), 'status.state');
  t.throws(() => found('const found = a.b;', 'a.a === a'), /No place/);
  t.end();
});

t.test('of several candidates the one with most equal names is found', (t) => {
  const source = 'if (size > most) stop(); if (count > most) stop();';
  t.equal(found(source, 'count > most'), 'count > most');
  t.equal(found(source, 'if (count > limit) stop();'), 'if (count > most) stop();');
  t.end();
});

t.test('a tie is refused, and so is a guard of which less than half of the names are left', (t) => {
  const source = 'if (size > most) stop(); if (count > most) stop();';
  t.throws(() => found(source, 'length > most'), /Several places/);
  t.throws(() => found('if (size > most) stop();', 'if (count > limit) halt();'), /No place/);
  t.throws(() => found(source, 'count < most'), /No place/);
  t.end();
});

t.test('a guard that its function has no more is not looked for elsewhere', (t) => {
  t.throws(() => found('function f() {} function g() { return size > most; }', 'size > most', 'f'), /No place/);
  t.end();
});

t.test('strings, numbers and patterns are equal, if a candidate has equal ones', (t) => {
  const source = "if (code === 'late') stop(); if (code === 'lost') stop(); const wait = 5 * seconds; const a = /b/;";
  t.equal(found(source, "code === 'lost'"), "code === 'lost'");
  t.equal(found(source, '60 * seconds'), '5 * seconds');
  t.equal(found(source, '/c/'), '/b/');
  t.throws(() => found(source, 'code === null'), /No place/);
  t.throws(() => found(source, "code === 'gone'"), /Several places/);
  t.end();
});

t.test('a hole stands for any expression, statement or type', (t) => {
  const source = 'for (const name of namesOf(spec)) { stop(name); go(name); } function f(a: Pick<A, B>): void { a; }';
  t.equal(found(source, 'for (const name of $1) $body').slice(0, 17), 'for (const name o');
  t.equal(found(source, 'stop($1); go($1);'), 'stop(name); go(name);');
  t.equal(found(source, 'function f(a: $1): void { $body; }').slice(0, 10), 'function f');
  t.end();
});

t.test('a guard is looked for in the definition that it names', (t) => {
  const source = `
    const most = 5 * kib;
    export const concern: Concern = { next: () => 5 * kib, after() { return 5 * kib; } };
    class Book { #drop() { return 5 * kib; } limit = () => 5 * kib; }
    function open() { const close = () => 5 * kib; return { put: () => 5 * kib, close }; }`;
  const starts = ['most', 'concern.next', 'concern.after', 'Book.#drop', 'Book.limit', 'close', 'open.put'].map(
    (within) => findShape(readSource(source), '5 * kib', within).run.nodes[0].start,
  );
  t.strictSame(
    starts,
    [...source.matchAll(/5 \* kib/g)].map(({ index }) => index),
  );
  t.end();
});
