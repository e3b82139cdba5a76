import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import t from 'tap';
import { nodeWith } from '../../packages/coordinator/test/support/nodes.ts';
import { backedUp } from '../../packages/coordinator/test/support/restored.ts';
import { said } from '../support/said.ts';
import { isReason } from '../support/told.ts';
import { changedLines } from './changes.ts';
import { emptyEtcd, joinClientNode, joinMachine, type Machine, rounds } from './machines.ts';
import { allAsRecorded } from './recorded.ts';
import { Session } from './session.ts';

const cluster = 'x-k3s';
const path = `/v1/clusters/${cluster}`;
const names = [1, 2, 3].map((number) => `x-k3s-m-${number}`);
const members = names.map((name, index) => ({ name, address: `192.168.7.1${index + 1}` }));

/** The incarnation of a cluster, as operators, programs and nodes see it at each of its moments. */
class Story {
  readonly session: Session;
  machines: Machine[] = [];
  #moment = 0;
  #joined = 0;
  /** The last conf.yml of each node. */
  readonly #confs = new Map<string, string>();

  constructor(session: Session) {
    this.session = session;
  }

  get admin() {
    return ['admin', this.session.coordinator.admin] as const;
  }

  machine(number: number): Machine {
    const found = this.machines.find((one) => one.number === number);
    if (found === undefined) throw new Error(`no machine ${number} has joined`);
    return found;
  }

  async joins(number: number): Promise<Machine> {
    const { coordinator, placeholders } = this.session;
    const etcd = this.machines[0]?.etcd ?? emptyEtcd('c1');
    const name = names[number - 1] ?? '';
    const machine = await joinMachine(coordinator, { cluster, name, number, etcd });
    this.#joined += 1;
    placeholders.name(machine.node.id, `node-${this.#joined}`);
    this.machines = [...this.machines.filter((one) => one.number !== number), machine];
    return machine;
  }

  /** All that can be looked at, in a transcript of its own each for the API, `picket` and the desired states of the nodes. */
  async moment(name: string): Promise<void> {
    this.#moment += 1;
    const file = `${String(this.#moment).padStart(2, '0')}-${name}.txt`;
    const { session } = this;
    await session.ask(`api/moments/${file}`, this.admin, `GET ${path}/status`, { moment: name });
    const cli = `cli/moments/${file}`;
    await session.picket(cli, ['status', cluster]);
    await session.picket(cli, ['node', 'list']);
    await session.picket(cli, ['snapshot', 'list', cluster]);
    await session.picket(cli, ['certificates', cluster]);
    await this.#sameInJson(cli, ['status', cluster, '--output', 'json'], `${path}/status`);
    for (const { node, number } of this.machines) {
      const told = await node.client.get('/v1/node/desired-state');
      session.placeholders.learn(told.status === 200 ? told.json() : {});
      const shown = told.text === '' ? '' : this.#stateSince(node.id, name, told.json());
      session.note(`desired-state/${file}`, `== ${names[number - 1]}: ${told.status}\n${shown}\n`);
      await session.ask(`api/moments/${file}`, [`node of ${names[number - 1]}`, node.client], 'GET /v1/node/member', {
        moment: name,
      });
    }
  }

  /** A desired state as what has changed since the last moment, with conf.yml as the lines that it has. */
  #stateSince(nodeId: string, moment: string, state: unknown): string {
    const { etcd, ...rest } = state as { readonly etcd?: { readonly conf: string } | null };
    if (!etcd) return this.session.linesSince(`state of ${nodeId}`, moment, state);
    const { conf, ...incarnation } = etcd;
    const before = this.#confs.get(nodeId);
    this.#confs.set(nodeId, conf);
    const lines = before === undefined ? conf.split('\n') : changedLines(before, conf);
    const shown = this.session.linesSince(`state of ${nodeId}`, moment, {
      ...rest,
      etcd: { ...incarnation, conf: '(below)' },
    });
    return [shown, ...(lines.length === 0 ? [] : ['conf.yml:', ...lines])].join('\n');
  }

  /** What a program reads is what the API answers, so it is not written down twice. */
  async #sameInJson(transcript: string, argv: readonly string[], route: string): Promise<void> {
    const { session } = this;
    const answer = (await session.coordinator.admin.get(route)).json<unknown>();
    const { stdout, stderr, code } = await session.run(argv);
    const same = stdout === `${JSON.stringify(answer, null, 2)}\n` && stderr === '' && code === 0;
    session.note(
      transcript,
      `$ picket ${argv.join(' ')}\n${same ? `(the answer of GET ${route}, with two spaces)` : stdout}\n`,
    );
  }

  turns(count: number, seconds = 5): Promise<void> {
    return rounds(this.session.coordinator, this.machines, { count, seconds });
  }

  async status(): Promise<ClusterStatusView> {
    return (await this.session.coordinator.admin.get(`${path}/status`)).json<ClusterStatusView>();
  }

  /** Turn after turn until the status is so. */
  async until(what: string, holds: (status: ClusterStatusView) => boolean, seconds = 5): Promise<void> {
    for (let turn = 0; turn < 60; turn += 1) {
      if (holds(await this.status())) return;
      await this.turns(1, seconds);
    }
    throw new Error(`it did not come to: ${what}; ${JSON.stringify((await this.status()).waitsFor)}`);
  }

  settled(): Promise<void> {
    return this.until(
      'healthy and nothing to wait for',
      ({ state, waitsFor }) => state === 'healthy' && waitsFor.length === 0,
    );
  }

  /** Until etcd is asked for this change of the second member. */
  asksFor(kind: 'add-learner' | 'promote'): Promise<void> {
    return this.until(kind, ({ waitsFor }) => waitsFor.some(isReason('change_made', { kind, member: names[1] })));
  }
}

t.test('the incarnation of a cluster is as recorded', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const story = new Story(session);
  const tune = async (revision: number, tuning: object) => {
    const headers = { 'if-match': `"${revision}"` };
    await session.ask('api/changes.txt', story.admin, `PATCH ${path}`, { headers, body: { tuning } });
  };

  await session.ask('api/changes.txt', story.admin, 'POST /v1/clusters', {
    body: {
      name: cluster,
      domain: 'edge.huatai.me',
      members,
      serviceNames: ['etcd.edge.huatai.me'],
      vips: ['192.168.7.10'],
    },
  });
  await story.moment('empty');
  for (const number of [1, 2, 3]) await story.joins(number);
  await story.moment('joined');
  await story.turns(1);
  await story.moment('founding');
  await story.asksFor('add-learner');
  await story.moment('adding');
  await story.asksFor('promote');
  await story.moment('forming');
  await story.settled();
  await story.moment('healthy');

  story.machine(3).silent = true;
  await story.turns(12);
  await story.moment('one-voter-silent');
  story.machine(2).silent = true;
  await story.turns(12);
  await story.moment('quorum-not-heard');
  story.machine(2).silent = story.machine(3).silent = false;
  await story.settled();

  story.machine(3).changes = { agent: { generationSeen: 99, generationApplied: 99 } };
  await story.turns(2);
  await story.moment('quarantined');
  story.machine(3).changes = {};
  await story.turns(2);
  await story.moment('quarantine-about-to-end');
  await story.turns(12, 30);
  await story.settled();

  await tune(1, { heartbeatIntervalMs: 250 });
  await story.moment('rolling-out');
  await session.picket('cli/changes.txt', ['rollout', 'pause', cluster]);
  await story.until(
    'the first has it',
    ({ rollout }) => rollout?.members.some(({ revision, onTrial }) => revision === 2 && !onTrial) === true,
  );
  await story.moment('rollout-paused');
  await session.picket('cli/changes.txt', ['rollout', 'resume', cluster]);
  await story.settled();
  await session.ask('api/changes.txt', story.admin, `GET ${path}/revisions`);

  await tune(2, { snapshotCount: 20_000 });
  const trial = (await story.status()).rollout?.members.find(({ onTrial }) => onTrial)?.name ?? '';
  story.machine(Number(trial.at(-1))).changes = {
    service: { rejected: said('etcd ended at once: snapshot-count is not known') },
  };
  await story.until('stopped', ({ rollout }) => rollout?.state === 'stopped');
  await story.moment('rollout-stopped');
  story.machine(Number(trial.at(-1))).changes = {};
  await session.picket('cli/changes.txt', ['rollout', 'abort', cluster]);
  await story.settled();
  await story.moment('rollout-aborted');

  const [shared] = story.machines.map(({ etcd }) => etcd);
  if (shared === undefined) throw new Error('nobody has joined');
  Object.assign(shared, {
    alarms: ['NOSPACE on a1', 'NOSPACE on a3'],
    dbSizeBytes: 2_147_000_000,
    dbSizeInUseBytes: 10_000_000,
  });
  for (const machine of story.machines) machine.idle = ['compact', 'defragment', 'disarm', 'snapshot'];
  await story.turns(2);
  await story.moment('no-space');
  for (const machine of story.machines) machine.idle = ['defragment', 'disarm'];
  await story.turns(4);
  await story.moment('no-space-defragmenting');
  for (const machine of story.machines) machine.idle = [];
  await story.settled();
  await story.moment('space-again');

  await session.ask('api/changes.txt', story.admin, `POST ${path}/snapshots`);
  await story.turns(2);
  await story.settled();
  const [snapshot] = (await coordinator.admin.get(`/v1/snapshots?cluster=${cluster}`)).json<Page<SnapshotView>>().items;
  if (snapshot === undefined) throw new Error('no snapshot was taken');
  await session.ask('api/changes.txt', story.admin, `GET /v1/snapshots/${snapshot.id}`);
  await session.ask('api/changes.txt', story.admin, `POST /v1/snapshots/${snapshot.id}/verify`);

  for (const machine of story.machines) machine.idle = ['remove-voter'];
  await session.ask('api/changes.txt', story.admin, `POST ${path}/members/${names[1]}/replace`, { body: {} });
  await story.turns(1);
  await story.moment('replacing');
  for (const machine of story.machines) machine.idle = [];
  await story.turns(2);
  await story.moment('replaced');
  await story.settled();

  story.machine(3).silent = true;
  await story.turns(12);
  const lost = story.machine(3).node.id;
  await session.ask('api/changes.txt', story.admin, `POST /v1/nodes/${lost}/evict`, { body: { lost: true } });
  story.machines = story.machines.filter(({ number }) => number !== 3);
  await story.turns(2);
  await story.moment('one-lost');
  await session.picket('cli/changes.txt', ['node', 'list', cluster]);
  await story.joins(3);
  await story.settled();
  await story.moment('healed');

  const restore = { snapshot: snapshot.id, force: true };
  await session.ask('api/changes.txt', story.admin, `POST ${path}/restore`, { body: restore });
  for (const machine of story.machines) machine.changes = { etcd: null, service: { state: 'stopped' } };
  await story.turns(8);
  await session.ask('api/changes.txt', story.admin, `POST ${path}/restore`, { body: { snapshot: snapshot.id } });
  await session.ask('api/changes.txt', story.admin, `POST ${path}/restore`, { body: restore });
  await session.ask('api/changes.txt', story.admin, `POST ${path}/authentication`, { body: { enabled: true } });
  await session.ask('api/changes.txt', story.admin, `POST ${path}/restore`, { body: restore });
  const instead = { ...restore, insteadOf: snapshot.id };
  await session.ask('api/changes.txt', story.admin, `POST ${path}/restore`, { body: instead });
  await story.moment('restoring');
  await session.ask('api/changes.txt', story.admin, `POST /v1/nodes/${story.machine(3).node.id}/evict`, { body: {} });
  Object.assign(shared, emptyEtcd('c2'));
  for (const machine of story.machines) machine.changes = {};
  await story.turns(1);
  await story.moment('restoring-founder');
  await story.settled();
  await story.moment('restored');

  const bringBack = await backedUp(coordinator);
  await tune(4, { heartbeatIntervalMs: 300 });
  await story.turns(2);
  const late = await joinClientNode(coordinator, session.placeholders, 'late');
  await session.ask('api/changes.txt', ['client node', late.client], 'GET /v1/node/desired-state', {
    elsewhere: 'the desired state of a client node: nodes.txt',
  });
  await bringBack();
  session.started();
  const lateAgain = coordinator.client(late.credentials);
  await session.ask('api/changes.txt', ['the same, unknown now', lateAgain], 'GET /v1/node/desired-state');
  for (const machine of story.machines) machine.node = nodeWith(coordinator, machine.node);
  await story.moment('coordinator-restored');
  const unheard = story.machine(3).node.id;
  await session.ask('api/changes.txt', story.admin, `POST /v1/nodes/${unheard}/readoption`, {
    body: { key: 'ab'.repeat(32) },
  });
  await story.turns(1);
  await story.moment('coordinator-restored-and-heard');
  for (const { node } of story.machines) {
    const ask = `/v1/nodes/${node.id}/readoption`;
    const view = await session.ask('api/changes.txt', story.admin, `GET ${ask}`);
    const [shown] = view.json<{ readonly keys: readonly { readonly key: string }[] }>().keys;
    const byApi = () => session.ask('api/changes.txt', story.admin, `POST ${ask}`, { body: { key: shown?.key } });
    if (node === story.machines[0]?.node) await byApi();
    await session.picket('cli/changes.txt', ['node', 'readopt', node.id, '--yes']);
    await byApi();
  }
  await story.turns(2);
  await story.moment('readopted');
  await story.settled();
  await story.moment('at-the-end');

  await session.ask('api/lists.txt', story.admin, 'GET /v1/clusters');
  await session.ask('api/lists.txt', story.admin, 'GET /v1/nodes');
  await session.ask('api/lists.txt', story.admin, `GET ${path}/snapshots`);
  await session.ask('api/lists.txt', story.admin, 'GET /v1/tokens');
  await session.ask('api/lists.txt', story.admin, 'GET /v1/certificates?limit=5');
  await session.ask('api/lists.txt', story.admin, 'GET /v1/certificates/in-force');
  await session.ask('api/lists.txt', story.admin, 'GET /v1/snapshots');
  await session.ask('api/events.txt', story.admin, 'GET /v1/events?limit=500');
  for (const words of [
    ['events'],
    ['events', '--limit', '3'],
    ['events', cluster, '--node', 'x-k3s-m-2', '--kind', 'node-silent', '--kind', 'node-returned'],
    ['token', 'list'],
    ['cluster', 'list'],
    ['cluster', 'show', cluster],
    ['cluster', 'history', cluster],
    ['cluster', 'export', cluster],
    ['certificates', '--issued'],
    ['snapshot', 'list'],
  ])
    await session.picket('cli/lists.txt', words);

  allAsRecorded(t, session.texts(), ['api/moments', 'cli/moments', 'desired-state']);
});
