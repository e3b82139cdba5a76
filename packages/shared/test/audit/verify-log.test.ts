import t from 'tap';
import { canonicalJson, entryHash, headText, noHash, readHead } from '../../src/audit/entry-hash.ts';
import { auditVerifier, restoreAction } from '../../src/audit/verify-log.ts';
import type { AuditEntry, AuditHead } from '../../src/protocol/audit.ts';

const sample: Omit<AuditEntry, 'number' | 'previous' | 'hash'> = {
  at: '2026-11-27T19:00:00.000Z',
  kind: 'result',
  by: 'operator ada',
  role: 'admin',
  serial: '0a',
  from: '192.168.7.2',
  action: 'DELETE /v1/tokens/:id',
  object: 'token 0123456789',
  asked: null,
  request: null,
  outcome: 'done',
  count: null,
  before: { expiresAt: '2026-11-28T00:00:00.000Z' },
  after: { expiresAt: '2026-11-27T19:00:00.000Z' },
};

/** A log of these entries, each linked to the one before it. */
function logOf(entries: readonly Partial<AuditEntry>[], number = 1, previous = noHash): AuditEntry[] {
  const [next, ...others] = entries;
  if (next === undefined) return [];
  const linked = { ...sample, ...next, number, previous };
  const entry = { ...linked, hash: entryHash(linked) };
  return [entry, ...logOf(others, number + 1, entry.hash)];
}

const log = logOf([{}, { by: 'operator bob' }, {}, { outcome: 'not_found' }, {}]);
const [one, two, three, four, five] = log as [AuditEntry, AuditEntry, AuditEntry, AuditEntry, AuditEntry];
const headOf = ({ number, hash }: AuditEntry): AuditHead => ({ number, hash });

function problemsOf(entries: readonly unknown[], heads: readonly AuditHead[] = []): readonly string[] {
  const verifier = auditVerifier(heads);
  for (const entry of entries) if (!verifier.take(entry)) throw new Error('this is no entry');
  return verifier.end().problems.map(({ code }) => code);
}

t.test('a whole log, also from a text, and with each of its heads', (t) => {
  const read = JSON.parse(JSON.stringify(log)) as readonly AuditEntry[];
  t.same(problemsOf(read, log.map(headOf)), []);
  const verifier = auditVerifier([]);
  for (const entry of log) verifier.take(entry);
  t.same(verifier.end(), { first: 1, head: headOf(five), problems: [] });
  t.same(auditVerifier([]).end(), { first: null, head: null, problems: [] });
  t.end();
});

t.test('an entry that was changed is found, whichever of its fields it was', (t) => {
  for (const field of Object.keys(sample) as (keyof typeof sample)[]) {
    if (field === 'at') continue;
    const other = field === 'count' || field === 'request' ? 7 : { other: true };
    const changed = { ...three, [field]: typeof three[field] === 'string' ? 'other' : other };
    if (['role', 'serial', 'from', 'object', 'outcome'].includes(field)) Object.assign(changed, { [field]: null });
    t.same(problemsOf([one, two, changed, four, five]), ['audit_entry_changed'], field);
  }
  t.same(problemsOf([one, two, { ...three, at: '2026-11-27T19:00:01.000Z' }, four, five]), ['audit_entry_changed']);
  t.same(problemsOf([one, two, { ...three, more: 'of a later version' }, four, five]), ['audit_entry_changed']);
  t.end();
});

t.test('an entry that was changed together with its hash is found by the next one', (t) => {
  const changed = { ...three, by: 'operator bob' };
  t.same(problemsOf([one, two, { ...changed, hash: entryHash(changed) }, four, five]), ['audit_entry_unlinked']);
  t.end();
});

t.test('an entry that is missing or was inserted is found', (t) => {
  t.same(problemsOf([one, two, four, five]), ['audit_entries_missing']);
  t.same(problemsOf([one, five]), ['audit_entries_missing']);
  t.same(problemsOf([two, three, four, five]), ['audit_beginning_missing']);
  t.same(problemsOf([one, two, two, three, four, five]), ['audit_entry_out_of_order']);
  t.same(problemsOf([one, three, two, four, five]), [
    'audit_entries_missing',
    'audit_entry_out_of_order',
    'audit_entries_missing',
  ]);
  const renumbered = { ...three, number: 3.5 };
  t.notOk(auditVerifier([]).take(renumbered), 'no number is between two');
  t.end();
});

t.test('a head finds what the log alone cannot show', (t) => {
  t.same(problemsOf([one, two, three]), [], 'a log without its newest entries looks whole');
  t.same(problemsOf([one, two, three], [headOf(five)]), ['audit_end_missing']);
  t.same(problemsOf([], [headOf(five)]), ['audit_end_missing']);
  const rewritten = logOf([{}, {}, {}, {}, {}]);
  t.same(problemsOf(rewritten), [], 'so does a log of which all hashes were computed again');
  t.same(problemsOf(rewritten, [headOf(two)]), ['audit_head_differs']);
  t.end();
});

t.test('the oldest entries may be missing if an entry records their removal', (t) => {
  const removal = { kind: 'removal', by: 'this coordinator', after: { number: 2, hash: two.hash } };
  const recorded = logOf([{}, removal], 3, two.hash);
  t.same(problemsOf(recorded), []);
  t.same(problemsOf(recorded, [headOf(two)]), [], 'the last removed entry is still known by its hash');
  t.same(problemsOf(recorded, [{ number: 2, hash: noHash }]), ['audit_head_differs']);
  t.same(problemsOf(recorded, [headOf(one)]), ['audit_head_too_old']);
  t.same(problemsOf(recorded.slice(1)), ['audit_beginning_missing'], 'more is missing than it records');
  t.same(problemsOf(logOf([{}, { ...removal, after: { number: 2, hash: one.hash } }], 3, two.hash)), [
    'audit_beginning_missing',
  ]);
  t.end();
});

t.test('entries that retention removed while the log was read are not missing', (t) => {
  const removal = { kind: 'removal', by: 'this coordinator', after: { number: 4, hash: four.hash } };
  const later = logOf([{}, removal], 5, four.hash);
  const verifier = auditVerifier([headOf(one), headOf(two), headOf(three), headOf(four)]);
  for (const entry of [one, two, ...later]) verifier.take(entry);
  const { first, problems } = verifier.end();
  t.equal(first, 5, 'the log begins behind what was removed');
  t.match(problems, [{ code: 'audit_head_too_old', facts: { number: 3, first: 5 } }], 'the others are known');
  const other = { ...removal, after: { number: 4, hash: three.hash } };
  t.same(problemsOf([one, two, ...logOf([{}, other], 5, four.hash)]), ['audit_entries_missing']);
  t.same(problemsOf([one, ...logOf([{}], 5, four.hash)]), ['audit_entries_missing'], 'nothing records it');
  t.end();
});

t.test('a removal that found a gap says so for as long as it is kept', (t) => {
  const removal = { kind: 'removal', by: 'this coordinator', after: { number: 2, hash: two.hash, missing: 1 } };
  t.same(problemsOf(logOf([{}, removal], 3, two.hash)), ['audit_removed_with_gaps']);
  t.end();
});

t.test('a head from between a backup and its restore may be of the former coordinator', (t) => {
  const restored = logOf([{ kind: 'command', action: restoreAction }, {}], 3, two.hash);
  const verifier = auditVerifier([headOf(two), headOf(three), headOf(five)]);
  for (const entry of [one, two, ...restored]) verifier.take(entry);
  t.match(verifier.end().problems, [
    { code: 'audit_head_differs', facts: { number: 3, restored: 3 } },
    { code: 'audit_end_missing', facts: { head: 5, restored: 3 } },
  ]);
  const early = auditVerifier([{ ...headOf(one), hash: noHash }]);
  for (const entry of [one, two, ...restored]) early.take(entry);
  t.match(early.end().problems, [{ facts: { number: 1, restored: null } }], 'not one from before the backup');
  t.end();
});

t.test('what is no entry is not taken', (t) => {
  for (const received of [null, 'entry', {}, { ...one, hash: 'x' }, { ...one, number: '1' }])
    t.notOk(auditVerifier([]).take(received));
  t.end();
});

t.test('not every problem of a log without end is kept', (t) => {
  const verifier = auditVerifier([]);
  for (let count = 0; count < 1000; count += 1) verifier.take({ ...one, by: 'nobody' });
  t.equal(verifier.end().problems.length, 20);
  t.end();
});

t.test('the canonical JSON of a value is that of RFC 8785', (t) => {
  t.equal(
    canonicalJson({ b: 1, a: [true, null, 'ü\n'], c: { z: {}, y: 2.5 } }),
    '{"a":[true,null,"ü\\n"],"b":1,"c":{"y":2.5,"z":{}}}',
  );
  t.equal(canonicalJson({ b: undefined, a: 1 }), '{"a":1}');
  t.end();
});

t.test('a head as a text', (t) => {
  const head = headOf(two);
  t.same(readHead(headText(head)), head);
  for (const text of ['', '2', `0:${two.hash}`, `02:${two.hash}`, `2:${two.hash}0`, `2:${two.hash.toUpperCase()}`])
    t.equal(readHead(text), undefined, text);
  t.end();
});
