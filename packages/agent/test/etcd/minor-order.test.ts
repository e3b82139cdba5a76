import { basename, dirname, join } from 'node:path';
import { minorOf } from '@picket/shared/etcd-version.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { type Alteration, alteredRelease } from '../../../../test/support/altered-release.ts';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { temporaryFolder } from '../support.ts';
import { type EtcdProgram, orderedNode } from './ordered-node.ts';

const binaries = await ensureEtcd();
const former: EtcdProgram = { path: binaries.etcd, version: binaries.version };
const [major = '', minor = '', patch = ''] = binaries.version.split('.');
/** A real etcd whose texts name the next minor version: its peers and its data take it for that. */
const nextVersion = [major, Number(minor) + 1, patch].join('.');
const [is, next] = [minorOf(former.version), minorOf(nextVersion)];

async function programThat(how: Alteration, folder: string): Promise<EtcdProgram> {
  const { file } = await alteredRelease(folder, binaries, nextVersion, how);
  return { path: join(dirname(file), basename(file, '.tar.gz'), 'etcd'), version: nextVersion };
}

t.test('R6, R17 a real member goes to the next minor version and back, as its data allows', async (t) => {
  const folder = temporaryFolder(t);
  const [later, broken] = [await programThat('serves', folder), await programThat('exits at once', folder)];
  const node = await orderedNode(t, former);
  const { machine, voters } = node;
  const runs = (version: string) => (outcome: { status: { etcd: { version: string } | null }; complete: boolean }) =>
    outcome.complete && outcome.status.etcd?.version === version;
  /** Soon after its start, etcd serves and has not heard of the cluster version yet. */
  const knows = ({ etcd }: { etcd: { clusterVersion?: string | undefined } | null }) =>
    etcd?.clusterVersion !== undefined;

  await t.test('one that does not start is put back while the others say the earlier cluster version', async (t) => {
    await node.order(broken, is);
    t.equal(node.recorded(), next);
    const { status } = await node.lives(
      'it is put back',
      ({ status }) => status.service.rejected !== null && status.etcd?.healthy === true && knows(status),
    );
    t.match(status.service, { release: former.version, rejected: { code: 'conf_crashed' } });
    t.match(status.etcd, { version: former.version, clusterVersion: `${is}.0` });
    t.equal(node.recorded(), is);
  });

  await t.test('up, and back while the members are mixed', async (t) => {
    await node.order(later, is);
    const { status } = await node.lives(
      'it serves',
      (outcome) => runs(later.version)(outcome) && knows(outcome.status),
    );
    t.match(status.etcd, { clusterVersion: `${is}.0` });
    t.equal(node.recorded(), next);
    await node.order(former, next);
    await node.lives('it serves', runs(former.version));
    t.equal(node.recorded(), is);
  });

  await t.test('after the last member the cluster version rises: an order to go back is not followed', async (t) => {
    await node.order(later, is);
    await node.lives('it serves', runs(later.version));
    for (const voter of voters) await voter.swap(later);
    await node.lives('the cluster version rises', ({ status }) => status.etcd?.clusterVersion === `${next}.0`);
    const before = (await node.order(former, next)).status;
    t.match(before.service, { state: 'running', release: later.version, restartPending: false });
    t.match(before.agent.waits, [reason('no_way_back', { back: is, cluster: next })]);
    t.equal(node.recorded(), next);
  });

  await t.test(
    'a cluster version that rises after the question: the earlier etcd dies, and the later one returns',
    async (t) => {
      // The answers of a moment before.
      Object.assign(machine.deps, { askClusterVersion: async () => `${is}.0` });
      // Another order of the same, so that the voters are asked again.
      await node.order(later, is);
      machine.clock.advance(10_000);
      await node.order(former, next);
      t.equal(node.recorded(), is, 'it was started');
      const { status } = await node.lives(
        'the later one serves',
        ({ status }) => status.etcd?.healthy === true && knows(status),
      );
      t.match(status.etcd, { version: later.version, clusterVersion: `${next}.0` });
      t.match(status.service.rejected, {
        code: 'conf_crashed',
        facts: { lastWords: /invalid downgrade|is not supported/ },
      });
      t.equal(node.recorded(), next);
    },
  );
});
