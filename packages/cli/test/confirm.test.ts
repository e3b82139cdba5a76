import t from 'tap';
import type { ApiRequest, Connect } from '../src/coordinator-client.ts';
import { makePki } from './support/pki.ts';
import { contextEnv, runCli } from './support/run-cli.ts';
import { cluster, clusterStatus, node, now } from './support/views.ts';

const env = contextEnv('https://127.0.0.1:1', await makePki());
const page = (...items: readonly unknown[]) => ({ items, next: null });
const snapshot = {
  id: 'snap00000001',
  cluster: 'x-k3s',
  member: 'x-k3s-m-2',
  takenAt: now,
  why: { code: 'on_schedule' },
};
const deletion = { cluster: 'x-k3s', filedAs: 'x-k3s-1', members: [], clients: [], strangers: [], lastSnapshot: null };
const upgrade = {
  ...cluster,
  cluster: 'x-k3s',
  revision: 1,
  runs: ['3.5.33'],
  to: '3.6.14',
  stages: [],
  restarts: 1,
  obstacles: [],
  faults: [],
  unchecked: [],
};

/** Each command that asks for a name, the name, and an answer to all that it requests. */
const commands: readonly (readonly [argv: string, name: string, answer: object])[] = [
  ['member add x-k3s x-k3s-m-9 --address 192.168.2.9 --allow-even', 'x-k3s', cluster],
  ['member remove x-k3s x-k3s-m-3 --allow-even', 'x-k3s', cluster],
  ['member replace x-k3s x-k3s-m-2', 'x-k3s-m-2', { ...clusterStatus(), ...cluster }],
  ['cluster delete x-k3s', 'x-k3s', deletion],
  ['cluster reset x-k3s', 'x-k3s', { ...clusterStatus(), ...cluster }],
  [
    'cluster restore x-k3s --snapshot snap00000001',
    'x-k3s',
    { ...clusterStatus(), ...snapshot, enabled: null, sizeBytes: 1 },
  ],
  ['cluster upgrade x-k3s --to 3.6.14', 'x-k3s', upgrade],
  ['cluster downgrade x-k3s --to 3.5.33', 'x-k3s', upgrade],
  ['node evict x-k3s-m-1', 'x-k3s-m-1', page(node)],
  ['node evict x-k3s-m-1', node.id, page(node)],
  ['operator revoke ada', 'ada', page({ name: 'ada' })],
  ['snapshot remove snap00000001', 'x-k3s', snapshot],
];

for (const [argv, name, answer] of commands) {
  t.test(`picket ${argv} takes --confirm ${name}, and no other name`, async (t) => {
    const orders: ApiRequest[] = [];
    const connect: Connect = () => ({
      server: 'https://127.0.0.1:1',
      async request(request) {
        const { dryRun } = (request.body ?? {}) as { readonly dryRun?: true };
        if (request.method !== 'GET' && dryRun !== true) orders.push(request);
        return structuredClone(answer);
      },
      receive: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
    const given = (...more: readonly string[]) => runCli([...argv.split(' '), ...more], { env, connect });
    const wrong = await given('--confirm', `${name}x`, '--yes');
    t.match(wrong, { code: 2, out: '' });
    t.match(wrong.err, `--confirm "${name}x" is not "`);
    t.same(orders, []);
    t.match(await given('--confirm', name), { code: 0 });
    t.equal(orders.length, 1);
    t.match(await given('--yes'), { code: 0 });
    t.equal(orders.length, 2);
  });
}
