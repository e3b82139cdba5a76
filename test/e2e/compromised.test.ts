import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readContext } from '@picket/shared/context/context.ts';
import t from 'tap';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, eventsOf, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startFleetWriter } from '../support/fleet-writer.ts';
import { until } from '../support/until.ts';

t.test(
  'R3, R8: a compromised leader that resists is shut out and leaves etcd, which serves all the while',
  async (t) => {
    const fleet = await fleetOf(t);
    await joinAll(fleet);
    await healthy(fleet);
    const { members } = await fleet.status(cluster);
    const leads = members.find(({ status }) => status?.etcd?.leader === status?.etcd?.memberId);
    const bad = fleet.machine(leads?.name ?? '');
    const good = fleet.machines.filter(({ name }) => name !== bad.name) as [Machine, Machine];
    const nodeId = leads?.nodeId ?? '';
    const open = await asNode(fleet, bad);
    t.equal(await open(), '200', 'it is let in');
    const writer = startFleetWriter(fleet, good);

    const began = Date.now();
    const { code, stdout, stderr } = await fleet.picket('node', 'evict', nodeId, '--compromised', '--yes');
    t.equal(code, 0, stderr);
    t.match(await open(), /ECONNRESET|EPIPE|401/, 'its open connection is closed');
    t.equal(await (await asNode(fleet, bad))(), '401 certificate_required', 'and a new one refused');
    const listed = async (machine: Machine) => (await fleet.etcdctl(machine, 'member', 'list')).stdout;
    await until(
      'it is out of etcd',
      async () => {
        const lists = await Promise.all(good.map(listed));
        return lists.every((list) => list.includes(good[0].name) && !list.includes(bad.name));
      },
      { within: 90_000, every: 200 },
    );
    t.comment(`out of etcd ${Date.now() - began} ms after the command was begun`);

    const log = () => bad.agent()?.log() ?? '';
    await until('its agent goes on asking', () => /certificate_required|was revoked/.test(log()), { within: 60_000 });
    t.not((await fleet.etcdctl(bad, 'put', 'by', 'it', '--command-timeout', '2s')).code, 0, 'its etcd takes no writes');
    t.match(await listed(good[0]), /^(.*, started, .*\n){2}$/, 'two members');
    const until_ =
      /^Its certificates still give access to etcd, .*: client until (\S+), server until \S+, peer until \S+, admin until \S+\.$/m;
    t.match(stdout, until_);
    t.equal((await fleet.etcdctl(bad, 'get', 'by', '--endpoints', good[0].clientUrl)).code, 0, 'as it says');
    const { state, next, members: after } = await fleet.status(cluster);
    t.match(
      { state, next },
      { state: 'forming', next: { command: `picket token create ${cluster} --member ${bad.name}` } },
    );
    t.match(
      after.find(({ name }) => name === bad.name),
      { phase: 'declared', nodeId: null },
    );

    const { findings, acknowledged, gap } = await writer.stop();
    t.same(findings, [], 'no acknowledged write is lost');
    t.ok(acknowledged > 0);
    t.comment(`${acknowledged} writes, the longest gap ${gap} ms`);
    t.match(await eventsOf(fleet, { kinds: ['compromised'] }), [
      { kind: 'compromised', facts: { by: 'operator admin', name: bad.name, nodeId } },
    ]);
  },
);

/** Asks as this machine's agent does, with its identity as it is now, on one connection: the status, or why there is none. */
async function asNode(fleet: Fleet, machine: Machine): Promise<() => Promise<string>> {
  const identity = await readFile(join(machine.stateDir, 'identity.pem'), 'utf8');
  const { certificateAuthority: ca } = readContext(await readFile(fleet.contextFile, 'utf8'), fleet.contextFile);
  const agent = new Agent({ ca, cert: identity, key: identity, keepAlive: true, maxSockets: 1 });
  return async () => {
    const outgoing = request(`${fleet.url}/v1/node/desired-state`, { agent }).end();
    try {
      const [answer] = await once(outgoing, 'response');
      const body = await text(answer);
      const problem = answer.statusCode < 400 ? '' : ` ${(JSON.parse(body) as { code: string }).code}`;
      return `${answer.statusCode}${problem}`;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  };
}
