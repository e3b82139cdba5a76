import t from 'tap';
import { differenceOf, noDifference } from '../../src/audit/difference.ts';

t.test('only the fields that differ are kept, at every depth', (t) => {
  const before = { revision: 1, tuning: { heartbeat: 100, election: 1000 }, vips: ['10.0.0.1'], frozen: null };
  const after = { revision: 2, tuning: { heartbeat: 250, election: 1000 }, vips: [], frozen: null };
  t.same(differenceOf(before, after), {
    before: { revision: 1, tuning: { heartbeat: 100 }, vips: ['10.0.0.1'] },
    after: { revision: 2, tuning: { heartbeat: 250 }, vips: [] },
  });
  t.same(differenceOf(before, { ...before }), noDifference);
  t.same(differenceOf({ incarnations: {} }, { incarnations: { a: { phase: 'voter' } } }), {
    before: { incarnations: { a: null } },
    after: { incarnations: { a: { phase: 'voter' } } },
  });
  t.end();
});

t.test('what did not exist is null', (t) => {
  t.same(differenceOf(null, { role: 'admin' }), { before: null, after: { role: 'admin' } });
  t.same(differenceOf({ role: 'admin' }, null), { before: { role: 'admin' }, after: null });
  t.end();
});

t.test('R18: a side that is too long is kept as its hash', (t) => {
  const { before, after } = differenceOf({ text: 'x'.repeat(20_000) }, { text: 'y' });
  t.match(before, { sha256: /^[0-9a-f]{64}$/, characters: 20_011 });
  t.same(after, { text: 'y' });
  t.end();
});
