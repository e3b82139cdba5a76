import t from 'tap';
import { changedLines, changesIn } from './changes.ts';

for (const [what, before, after, lines] of [
  ['nothing', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, []],
  ['a field within a field', { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, ['a.c: 3']],
  ['a field that came', { a: 1 }, { a: 1, b: { c: null } }, ['b: { "c": null }']],
  ['a field that went', { a: 1, b: null }, { a: 1 }, ['b: (gone)']],
  ['a value of another kind', { a: null }, { a: { b: 1 } }, ['a: { "b": 1 }']],
  ['an item by its name', [{ name: 'm', a: 1 }, { name: 'n' }], [{ name: 'm', a: 2 }, { name: 'n' }], ['m.a: 2']],
  ['an item by its place', { a: [1, 2] }, { a: [1, 3] }, ['a.1: 3']],
  ['an item that came', { a: [1] }, { a: [1, 2] }, ['a: [1, 2]']],
  [
    'items in another order',
    { a: [{ name: 'm' }, { name: 'n' }] },
    { a: [{ name: 'n' }, { name: 'm' }] },
    ['a: [{ "name": "n" }, { "name": "m" }]'],
  ],
  [
    'items with one name',
    [{ name: 'm' }, { name: 'm' }],
    [{ name: 'm' }, { name: 'm', a: 1 }],
    [': [{ "name": "m" }, { "name": "m", "a": 1 }]'],
  ],
] as const) {
  t.test(`${what} shows as what has changed`, (t) => {
    t.strictSame(changesIn(before, after), lines);
    t.end();
  });
}

t.test('of a text, the lines that came and went show', (t) => {
  t.strictSame(changedLines('a: 1\nb: 2\nc: 3', 'a: 1\nb: 4\nc: 3\nd: 5'), ['- b: 2', '+ b: 4', '+ d: 5']);
  t.end();
});
