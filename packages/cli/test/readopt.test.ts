import { failure } from '@picket/shared/errors.ts';
import type { ReadoptionView, ShownKey } from '@picket/shared/protocol/readoption.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, runCli } from './support/run-cli.ts';
import { startStub } from './support/stub-coordinator.ts';
import { node } from './support/views.ts';
import { words } from './support/words.ts';

const [old, newer] = ['1b'.repeat(32), '3b'.repeat(32)];

function key(hash: string, standing: ShownKey['standing']): ShownKey {
  const at = '2026-11-24T11:00:00.000Z';
  return { key: hash, standing, certifiedAt: at, notAfter: '2026-12-24T11:00:00.000Z', lastShownAt: at };
}

function view(changes: Partial<ReadoptionView>): ReadoptionView {
  return {
    nodeId: '7c4faeda9fa8e6c76acd',
    cluster: 'x-k3s',
    name: 'x-k3s-m-3',
    awaited: true,
    backupAt: '2026-11-24T03:15:00.000Z',
    keys: [key(old, 'in-force')],
    stored: { generation: 3, incarnation: 'd9ad57f28a0465affc20', clusterId: 'c1', memberId: 'a3' },
    reported: { generation: 11, incarnation: 'd9ad57f28a0465affc20', clusterId: 'c1', memberId: 'a3' },
    waitsFor: [{ ...words('frozen: it was restored'), code: 'cluster_frozen' }, words('the node of x-k3s-m-1')],
    ...changes,
  };
}

t.test('node readopt shows backup and report side by side, and asks for the name', async (t) => {
  let answer = view({});
  const { nodeId } = answer;
  const notConfirmed = (problem: string) =>
    complaint(failure('not_confirmed', { what: `The node ${nodeId} (x-k3s-m-3)`, problem }));
  const pki = await makePki();
  const found = { ...node, id: nodeId, member: 'x-k3s-m-3' };
  const stub = await startStub(pki, ({ line }) => ({
    body: line.startsWith('GET /v1/nodes?') ? { items: [found], next: null } : answer,
  }));
  t.teardown(() => stub.close());
  const env = contextEnv(stub.url, pki);
  const readopt = async (args: readonly string[], stdin = '', canAsk = true, given = nodeId) => {
    stub.seen.length = 0;
    const ran = await runCli(['node', 'readopt', given, ...args], { env, stdin, canAsk });
    return { ...ran, posted: stub.seen.flatMap(({ line, body }) => (line.startsWith('POST') ? [body] : [])) };
  };

  const confirmed = await readopt([], 'x-k3s-m-3\n');
  t.match(confirmed, { code: 0, posted: [{ key: old }] });
  t.match(confirmed.err, /generation +3 +11$/m);
  t.match(confirmed.err, /is re-adopted\.\nIts cluster waits for:\n {2}- the node of x-k3s-m-1/);
  t.match(await readopt([], 'x-k3s-m-3\n', true, 'x-k3s-m-3'), { code: 0, posted: [{ key: old }] });
  t.match(await readopt(['x-k3s-m-4', '--yes']), {
    code: 1,
    posted: [],
    err: complaint(failure('not_found', { what: 'node', name: 'x-k3s-m-4', near: 'x-k3s-m-3' })),
  });
  t.match(await readopt([], 'another\n'), { code: 1, posted: [], err: notConfirmed('"another" is not its name') });
  t.match(await readopt([], '', false), {
    code: 1,
    posted: [],
    err: notConfirmed('no terminal is available for the question'),
  });

  answer = view({ keys: [key(old, 'in-force'), key(newer, 'unknown')] });
  const ambiguous = failure('readoption_ambiguous', {
    nodeId,
    keys: `${old}, ${newer}`,
  });
  t.match(await readopt(['--yes']), { code: 1, posted: [], err: complaint(ambiguous) });
  t.match(await readopt(['--yes', '--key', newer.slice(0, 8)]), { code: 0, posted: [{ key: newer }] });

  answer = view({ keys: [], reported: null });
  t.match(await readopt(['--yes']), {
    code: 1,
    posted: [],
    err: complaint(failure('key_not_shown', { nodeId, key: 'of its identity' })),
  });
  answer = view({ backupAt: null });
  const problem = 'this coordinator was not restored from a backup';
  const { message, hint } = failure('readoption_not_needed', { nodeId, problem });
  t.match(await readopt(['--yes']), { code: 0, posted: [], out: `${message} ${hint}\n` });
  t.match(await readopt(['--key', 'xyz']), { code: 2 });
});
