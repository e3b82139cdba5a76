import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getOnce, type ProbeCredentials } from '@picket/agent/etcd/probe.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { EtcdWatch } from '../support/etcd-processes.ts';
import type { CoordinatorDays, Fleet, Machine } from '../support/fleet.ts';
import { cluster, eventsOf, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startTraffic } from '../support/fleet-traffic.ts';
import { changeStore, setLeafLifetime } from '../support/short-lives.ts';
import { isReason, tellsOf } from '../support/told.ts';
import { until } from '../support/until.ts';

/** An agent looks at these of every member before it restarts its own. */
const shownToPeers: readonly LeafPurpose[] = ['server', 'peer'];
const purposes: readonly LeafPurpose[] = [...shownToPeers, 'client'];
/** What each node holds: those of its etcd, the one of its agent for etcd, and its identity. */
const kinds = purposes.length + 2;
const rounds = 5;
/**
 * How long all certificates are issued for, and how much of that has passed when they are: by the coordinator's late
 * clock. Each renewal is due at once, and more than two minutes are left for it on a slow machine. A node then gets more
 * certificates than the coordinator usually gives it in a day.
 */
const [incarnationSeconds, lateSeconds] = [600, 442];
const settings = ['limits:', '  certificatesPerDay: 1000000'];

t.test('certificates of seconds, renewed again and again, and then not at all', async (t) => {
  const coordinatorDays: CoordinatorDays = { ahead: -lateSeconds / 86_400, identitySeconds: incarnationSeconds };
  const fleet = await fleetOf(t, { electionMs: 3000, coordinatorDays, settings });
  await joinAll(fleet);
  await healthy(fleet);
  const watch = new EtcdWatch();
  await watch.look(fleet.machines);
  const traffic = startTraffic(t, fleet);

  await t.test(`no handshake fails in ${rounds} renewals of each, and etcd is not touched`, async (t) => {
    const shaking = new AbortController();
    const handshakes = shakeHands(fleet, shaking.signal);
    await changeStore(fleet, (inventory) => setLeafLifetime(inventory, cluster, incarnationSeconds));
    const issued = await until(
      `each has been renewed ${rounds} times`,
      async () => {
        const counts = await issuedOfEach(fleet);
        return counts.length === fleet.machines.length * kinds && counts.every((count) => count > rounds) && counts;
      },
      { within: 300_000, every: 1000 },
    );
    shaking.abort();
    const { failed, made } = await handshakes;
    t.same(failed, []);
    t.not((await eventsOf(fleet, { kinds: ['identity-renewed'] })).length, 0);
    t.same(await eventsOf(fleet, { kinds: ['identity-recovered'] }), [], 'no node let its own certificate end');
    await watch.look(fleet.machines);
    t.same(watch.replaced, [], 'the same etcd everywhere');
    t.comment(`certificates issued for each purpose and node: ${issued.join(', ')}; handshakes: ${made}`);
  });

  await t.test(
    'R2: with all of them past their ends no member is restarted, and once renewed it goes on',
    async (t) => {
      // Without identities that last, no node could report what it waits for.
      coordinatorDays.identitySeconds = 86_400;
      // Those of etcd that its nodes get last end soon: nothing is to wait for longer.
      await changeStore(fleet, (inventory) => setLeafLifetime(inventory, cluster, lateSeconds + 15));
      await until(
        'each node has an identity that lasts, and certificates of etcd that end soon',
        async () => {
          const pems = fleet.machines.map(({ stateDir }) => readFile(join(stateDir, 'identity.pem'), 'utf8'));
          const isLasting = (await Promise.all(pems)).every((pem) => endOf(pem) > Date.now() + 3_600_000);
          return isLasting && (await endsOf(fleet)).every((end) => end < Date.now() + 20_000);
        },
        { within: 120_000, every: 500 },
      );
      // From here on, certificates of etcd would last long enough too, if the nodes were given any.
      await changeStore(fleet, async (inventory) => {
        await setLeafLifetime(inventory, cluster, 3600);
        for (const { id } of await inventory.nodes.all())
          await inventory.nodes.freeze(id, Date.now(), reason('error_says', { text: 'of a test' }));
      });
      await until('all certificates have ended', async () => (await endsOf(fleet)).every((end) => end < Date.now()), {
        within: incarnationSeconds * 1000,
        every: 500,
      });
      const before = traffic.acknowledged();
      await fleet.picket('cluster', 'set', cluster, 'heartbeatIntervalMs=120');
      const log = () => fleet.machines.map((one) => one.agent()?.log()).join('\n');
      // It may also refuse for another reason, such as a voter that is not healthy at that moment.
      const isRefused = isReason('step_failed', { step: 'restart-etcd' });
      const isOver = tellsOf('certificates_end');
      const isNew = isReason('certificate_new', { purpose: 'peer' });
      const isNotGiven = isReason('step_failed', { step: 'obtain-credential' });
      await until(
        'an agent that has a permit says that it does not use it, since the certificates have ended',
        async () => (await waitsOf(fleet)).some((one) => isRefused(one) && isOver(one.facts)),
        { within: 60_000, every: 500, lastSeen: log },
      );
      await until(
        'an agent says that it needs a new certificate for peers, and gets none',
        async () => (await waitsOf(fleet)).some((one) => isNew(one) || isNotGiven(one)),
        { within: 60_000, every: 500, lastSeen: log },
      );
      await watch.look(fleet.machines);
      t.same(watch.replaced, []);
      t.ok(traffic.acknowledged() > before, 'by the connections that are open the cluster serves on');

      for (const { nodeId } of (await fleet.status(cluster)).members)
        await fleet.picket('node', 'unfreeze', nodeId ?? '');
      await until(
        'a member has been restarted',
        async () => {
          await watch.look(fleet.machines);
          return watch.replaced.length > 0;
        },
        { within: 120_000, every: 300, lastSeen: log },
      );
      const isLong = (ends: readonly number[]) => ends.every((end) => end > Date.now() + 600_000);
      t.ok(isLong(await endsOf(fleet, shownToPeers)), 'what the others show to it was renewed first');
      await until('all are renewed', async () => isLong(await endsOf(fleet)), { within: 60_000, every: 300 });
    },
  );

  await traffic.check(t);
});

/** How many certificates each node was issued for each purpose. */
async function issuedOfEach(fleet: Fleet): Promise<readonly number[]> {
  const { items } = await fleet.ask((api) => api.list('certificates', { cluster }));
  return [...Map.groupBy(items, ({ principal, purpose }) => `${principal} ${purpose}`).values()].map(
    ({ length }) => length,
  );
}

async function endsOf(fleet: Fleet, of = purposes): Promise<readonly number[]> {
  const files = fleet.machines.flatMap((machine) => of.map((purpose) => pemOf(machine, purpose)));
  return (await Promise.all(files)).map(endOf);
}

function endOf(pem: string): number {
  return readCredential(pem).certificate.notAfter.getTime();
}

async function waitsOf(fleet: Fleet) {
  return (await fleet.status(cluster)).members.flatMap(({ status }) => status?.agent.waits ?? []);
}

function pemOf({ etcDir }: Machine, name: string): Promise<string> {
  return readFile(join(etcDir, `${name}.pem`), 'utf8');
}

/**
 * New connections to both ports of each member all the while, with what lies on the disk at the moment. Any answer shows that the
 * handshake succeeded, also one that comes late or that says that no leader is known. A connection amid which a file was
 * replaced says nothing of what holds after that: etcd reads it twice, once for the certificate and once for the key.
 */
async function shakeHands(fleet: Fleet, signal: AbortSignal): Promise<{ failed: readonly string[]; made: number }> {
  const failed: string[] = [];
  let made = 0;
  while (!signal.aborted) {
    // Others test beside this one, on the same two cores.
    await sleep(1000);
    for (const machine of fleet.machines) {
      const [server, peer = '', client = '', ca = '', peerCa = ''] = await Promise.all(
        [...purposes, 'ca', 'peer-ca'].map((name) => pemOf(machine, name)),
      );
      const held = [server, peer, client];
      const peerUrl = machine.clientUrl.replace(String(fleet.ports.client), String(fleet.ports.peer));
      const problem = await handshakeProblem([
        [`${peerUrl}/version`, { trust: peerCa, credential: peer }],
        [`${machine.clientUrl}/version`, { trust: ca, credential: client }],
      ]);
      made += 2;
      if (problem === null) continue;
      const now = await Promise.all(purposes.map((name) => pemOf(machine, name)));
      if (now.every((pem, index) => pem === held[index])) failed.push(`${machine.name}: ${problem}`);
    }
  }
  return { failed, made };
}

async function handshakeProblem(requests: readonly (readonly [string, ProbeCredentials])[]): Promise<string | null> {
  try {
    for (const [url, credentials] of requests) await getOnce(url, credentials, 60_000);
    return null;
  } catch (error) {
    return String(error);
  }
}
