import { eventTable } from '@picket/shared/events/table.ts';
import t from 'tap';
import { completionScripts } from '../../src/completion/scripts.ts';
import { makePki } from '../support/pki.ts';
import { contextEnv, runCli } from '../support/run-cli.ts';
import { startStub } from '../support/stub-coordinator.ts';
import { cluster, node, now, secret, token } from '../support/views.ts';

const pki = await makePki();
const asked: string[] = [];
const named = (name: string) => ({ ...cluster, spec: { ...cluster.spec, name } });
const forged = named('$(reboot)');
const snapshot = { id: 'snap00000001', cluster: 'x-k3s', takenAt: now };
const pages: Readonly<Record<string, readonly unknown[]>> = {
  '/v1/clusters': [named('x-k3s'), named('y-k3s'), forged],
  '/v1/nodes': [node],
  '/v1/snapshots': [snapshot],
  '/v1/operators': [{ name: 'ada', role: 'admin' }],
  '/v1/notifications': [{ name: 'phone' }],
  '/v1/tokens': [token, { ...token, id: 'void0001', isVoid: true }],
  '/v1/releases': [{ sha256: 'ab'.repeat(32), name: 'etcd.tar.gz' }],
  '/v1/clusters/x-k3s/revisions': [
    { revision: 2, at: now },
    { revision: 1, at: now },
  ],
};
const stub = await startStub(pki, ({ line }) => {
  asked.push(line);
  const path = line.replace(/^GET |\?.*$/g, '');
  return { body: path === '/v1/clusters/x-k3s' ? cluster : { items: pages[path] ?? [], next: null } };
});
const env = contextEnv(stub.url, pki);
t.teardown(() => stub.close());

/** The words that are offered at the end of this line, and what it prints. */
async function offered(line: string, options: Parameters<typeof runCli>[1] = { env }) {
  const { code, out, err } = await runCli(['complete', '--', ...line.split(' ')], options);
  return { code, err, out, words: out.split('\n').flatMap((one) => (one === '' ? [] : [one.replace(/ .*/, '')])) };
}

const nowhere = { env: { PICKET_CONTEXT: '/nonexistent/context.yml' } };

t.test('commands, options and choices are those of the usage, without a coordinator', async (t) => {
  for (const [line, words] of [
    ['cluster re', ['reset', 'restore', 'revert']],
    ['help cluster re', ['reset', 'restore', 'revert']],
    ['cluster list re', []],
    ['compl', ['completion']],
    ['explain no_reads', ['no_reads']],
    ['completion ', ['bash', 'fish', 'zsh']],
    ['token list --', ['--context', '--help', '--output', '--version']],
    ['token list --output json --', ['--context', '--help', '--version']],
    ['events --kind node-silent --k', ['--kind']],
    ['token list', ['list']],
    ['-o ', ['json', 'table', 'wide']],
    ['-o json token l', ['list']],
    ['--output=j', ['--output=json']],
    ['--output = j', ['json']],
    ['--output =', ['json', 'table', 'wide']],
    ['operator create ada --role a', ['admin']],
    ['cluster set x-k3s heartbeatIntervalMs=200 elec', ['electionTimeoutMs=']],
    ['cluster set x-k3s heartbeatIntervalMs = 2', []],
    ['events --kind node-', Object.keys(eventTable).filter((kind) => kind.startsWith('node-'))],
    ['release add ', [':files']],
    ['snapshot download snap00000001 ', [':files']],
    ['cluster create new --hosts ', [':files']],
    ['--context ', [':files']],
    ['no-such-command ', []],
    ['cluster create ', []],
    ['member add x-k3s ', []],
    ['token create -- --m', []],
  ] as const) {
    const { code, err, words: found } = await offered(line, nowhere);
    t.strictSame({ code, err, line, found }, { code: 0, err: '', line, found: [...words].sort() });
  }
});

t.test('names are those of the coordinator', async (t) => {
  const key = 'ab'.repeat(32);
  const members = cluster.spec.members.map(({ name }) => name);
  for (const [line, words] of [
    ['status ', ['x-k3s', 'y-k3s']],
    ['cluster show x', ['x-k3s']],
    ['events --kind node-silent y', ['y-k3s']],
    ['notify add phone --cluster x', ['x-k3s']],
    ['member hold x-k3s ', members],
    [`member remove x-k3s ${members[0]} `, members.slice(1)],
    ['token create x-k3s --member ', members],
    ['token create --member=x-k3s-m-1', ['--member=x-k3s-m-1']],
    ['node evict ', ['node0001', 'x-k3s-m-1']],
    ['node unfreeze ', ['node0001', 'x-k3s-m-1']],
    ['node readopt x-k3s-m-1 node', ['node0001']],
    ['events --node x', ['x-k3s-m-1']],
    ['cluster restore x-k3s --snapshot ', ['snap00000001']],
    ['operator role ', ['ada']],
    ['notify test ', ['phone']],
    ['token revoke ', [token.id]],
    ['cluster revert x-k3s ', ['1', '2']],
    ['release remove ', [key, 'etcd.tar.gz']],
  ] as const) {
    const { code, err, words: found } = await offered(line);
    t.strictSame({ code, err, line, found }, { code: 0, err: '', line, found: [...words].sort() });
  }
});

t.test('a name comes with what it is, and no secret', async (t) => {
  t.equal((await offered('token revoke ')).out, 'tok12345 x-k3s\n');
  t.equal((await offered('node unfreeze ')).out, 'node0001 x-k3s-m-1\nx-k3s-m-1 node0001\n');
  for (const line of ['token create ', 'token revoke ', 'login ', 'operator invite ', 'notify add x --webhook '])
    t.notMatch((await offered(line)).out, secret, line);
});

t.test('--context on the line says which coordinator is asked', async (t) => {
  const line = `--context ${env.PICKET_CONTEXT} cluster show x`;
  t.strictSame((await offered(line, nowhere)).words, ['x-k3s']);
});

t.test('nothing is said if the coordinator cannot be asked', async (t) => {
  t.strictSame(await offered('cluster show ', nowhere), { code: 0, err: '', out: '', words: [] });
  for (const answer of [{ hangUp: true }, { silent: true }] as const) {
    const other = await startStub(pki, () => answer);
    t.teardown(() => other.close());
    const options = { env: contextEnv(other.url, pki) };
    t.strictSame(await offered('cluster show ', options), { code: 0, err: '', out: '', words: [] });
  }
});

t.test('`picket completion` prints the script', async (t) => {
  const { code, out } = await runCli(['completion', 'bash']);
  t.strictSame([code, out], [0, completionScripts.bash]);
  t.equal((await runCli(['completion', 'csh'])).code, 2);
});
