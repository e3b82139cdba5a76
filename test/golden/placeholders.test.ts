import t from 'tap';
import { differences } from './differences.ts';
import { Placeholders } from './placeholders.ts';

const begun = Date.parse('2030-05-04T00:00:00Z');

t.test('a value has the same placeholder wherever it stands, and another value another', (t) => {
  const places = new Placeholders(begun);
  places.learn({ items: [{ serial: 'a'.repeat(40) }, { serial: 'b'.repeat(40) }], seal: 's'.repeat(43) });
  const ids = ['0123456789abcdef0123', '0123456789abcdef0124'];
  const text = `${ids[0]} ${ids[1]} ${ids[0]}\n${'b'.repeat(40)} ${'s'.repeat(43)}`;
  t.equal(places.replace(text), '<id-1> <id-2> <id-1>\n<serial-2> <seal-1>');
  t.end();
});

t.test('words, figures and hashes that nobody has learned stay as they are', (t) => {
  const places = new Placeholders(begun);
  for (const text of [
    'x-k3s-m-1 to restart its etcd and then stay healthy for 10 s',
    'deadbeef, facade, 2147483648 bytes, etcd 3.5.16, port 2379',
    'ab'.repeat(32),
    'started at 2026-01-01T00:00:00Z, ends 2099-01-01',
  ])
    t.equal(places.replace(text), text);
  t.end();
});

t.test('a moment is shown to the millisecond from the beginning on, so that a date that moves is seen', (t) => {
  const places = new Placeholders(begun);
  t.equal(places.replace('2030-05-04T00:00:30.500Z'), '<D+0 00:00:30.500>');
  t.equal(places.replace('2030-06-03 00:00:31Z, 2030-06-03'), '<D+30 00:00:31>, <D+30>');
  t.equal(places.replace('2030-05-03T23:55:00Z'), '<D-1 23:55:00>');
  t.same(places.replaceIn({ takenAt: begun + 75_000, count: 75_000 }), { takenAt: '<D+0 00:01:15>', count: 75_000 });
  t.equal(
    places.replace(`  "takenAt": ${begun + 75_000},\n  "count": 75000`),
    '  "takenAt": <D+0 00:01:15>,\n  "count": 75000',
  );
  t.end();
});

t.test('a mark of a coordinator is shown as such, also where it is repeated', (t) => {
  const places = new Placeholders(begun);
  const at = begun + 95_000;
  const mark = { process: '0123456789abcdef0123', at };
  places.learn({ everySeconds: 10, mark });
  t.same(places.replaceIn({ mark, sent: { at } }), {
    mark: { process: '<id-1>', at: '<mark-1>' },
    sent: { at: '<mark-1>' },
  });
  t.end();
});

t.test('a difference shows the lines that changed, with those around them', (t) => {
  const before = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
  const after = before.map((line) => (line === 'five' ? 'FIVE' : line));
  t.equal(
    differences(before.join('\n'), after.join('\n')),
    [
      'from line 2 on (- recorded, + seen now):',
      ...['  two', '  three', '  four', '- five', '+ FIVE', '  six', '  seven', '  eight'],
    ].join('\n'),
  );
  t.match(differences('', 'new\n'), /\+ new/);
  t.end();
});
