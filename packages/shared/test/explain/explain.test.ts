import { errorTable } from '@picket/shared/errors/table.ts';
import { failure } from '@picket/shared/errors.ts';
import { eventTable } from '@picket/shared/events/table.ts';
import { exitCodes } from '@picket/shared/exit-codes.ts';
import { catalogue } from '@picket/shared/problems/catalogue.ts';
import { reasonTable } from '@picket/shared/reasons/table.ts';
import t from 'tap';
import { advisories } from '../../src/advisories/table.ts';
import { explained } from '../../src/explain/as-text.ts';
import { allCodes, explain } from '../../src/explain/explain.ts';

const tables = {
  error: errorTable,
  reason: reasonTable,
  event: eventTable,
  problem: catalogue,
  'exit code': exitCodes,
} as const;

for (const [kind, table] of Object.entries(tables)) {
  t.test(`each ${kind} is explained with its words, and listed`, async (t) => {
    const isWhole = (code: string) => {
      const [one, ...more] = explain(code).filter((explanation) => explanation.kind === kind);
      const { words = [], facts = [] } = one ?? {};
      const shown = explained(code).text;
      return more.length === 0 && words.length > 0 && [...words, ...facts].every((part) => shown.includes(part));
    };
    const codes = Object.keys(table);
    t.strictSame(
      codes.filter((code) => !isWhole(code)),
      [],
    );
    const listed = new Set(allCodes());
    t.strictSame(
      codes.filter((code) => !listed.has(code)),
      [],
    );
  });
}

t.test('an error has its status and hint, and the facts of both texts', async (t) => {
  const { status, message, hint } = errorTable.not_confirmed;
  t.strictSame(
    explain('not_confirmed').find(({ kind }) => kind === 'error'),
    {
      code: 'not_confirmed',
      kind: 'error',
      number: status,
      words: [message],
      hint,
      facts: ['what', 'problem'],
      pages: [],
    },
  );
});

t.test('a code of two tables is explained by both', async (t) => {
  t.strictSame(
    explain('not_confirmed').map(({ kind }) => kind),
    ['error', 'reason'],
  );
});

t.test('a cause, and what proves it, name the page that helps', async (t) => {
  for (const code of ['cause_slow_disk', 'disk_slow', 'clock_off'])
    t.ok(
      explain(code).some(({ pages }) => pages.some((page) => page.startsWith('docs/how-to/'))),
      code,
    );
});

t.test('a problem has its severity, its limit, and the next command of its causes', async (t) => {
  const [found] = explain('disk-slow');
  t.match(found, {
    kind: 'problem',
    words: ['Notification: warning "disk too slow", after 30 min.', /^Limit: more than 10 ms/, /fsync/],
    facts: ['member', 'fsyncMs', 'goodMs'],
    hint: 'Run `picket-agent preflight; dmesg | tail` on MEMBER.',
    pages: ['docs/how-to/troubleshoot.md', 'docs/how-to/find-the-cause.md#a-slow-disk'],
  });
});

t.test('without a cause, the status says what to run, except about the coordinator', async (t) => {
  t.match(explain('at-risk'), [{ hint: 'Run `picket status CLUSTER`.' }]);
  t.match(explain('backup-old'), [{ hint: null }]);
});

t.test('an exit code is explained by its number too', async (t) => {
  const { code, meaning } = exitCodes.usage;
  t.match(explain(String(code)), [{ code: 'usage', kind: 'exit code', number: code, words: [meaning] }]);
});

t.test('a fault of etcd is explained by each of its numbers, in any case of letters', async (t) => {
  const { means, action } = advisories.find(({ id }) => id === 'CVE-2026-73500') ?? {};
  for (const number of ['CVE-2026-73500', 'GHSA-6vch-q96h-7gc3', 'cve-2026-73500']) {
    const [one, ...more] = explain(number);
    t.match(one, { code: 'CVE-2026-73500', kind: 'advisory', words: [means], hint: action });
    t.strictSame(more, []);
  }
  const listed = new Set(allCodes());
  t.ok(advisories.every(({ id }) => listed.has(id) && explain(id).length === 1));
});

for (const [code, near] of [
  ['no-reads', ['no_reads']],
  ['No_Read', ['no_reads', 'no_read_yet']],
  ['node_silent', ['node-silent']],
  ['zzzzzzzz', []],
  ['constructor', []],
  ['', []],
] as const) {
  t.test(`an unknown code is refused with those like it: ${code}`, async (t) => {
    const { details } = failure('unknown_code', {
      code: JSON.stringify(code),
      ...(near.length > 0 && { near: near.join(', ') }),
    });
    t.throws(() => explain(code), { code: 'unknown_code', details });
  });
}
