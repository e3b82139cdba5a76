import { failure } from '@picket/shared/errors.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { runningEtcd } from '../lab/installing.ts';
import type { Lab } from '../lab/lab.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { type HostName, hosts } from '../lab/names.ts';
import { isReason } from '../support/told.ts';
import { until } from '../support/until.ts';

async function serviceOf(lab: Lab, name: HostName) {
  const service = (await lab.status()).members.find((member) => member.name === name)?.status?.service;
  if (service === undefined) throw new Error(`Nothing is known of ${name}.`);
  return service;
}

/** The reasons that a service has. */
function each(why: Reason | null): readonly Reason[] {
  if (why === null) return [];
  return why.code === 'several' ? (why.facts.reasons as readonly Reason[]) : [why];
}

/** Resolves to what is reported of the service once such a reason is among its own, and to that. */
function told(lab: Lab, name: HostName, isSuch: (why: Reason) => boolean) {
  let last = '';
  const look = async () => {
    const service = await serviceOf(lab, name);
    last = JSON.stringify(service);
    const why = each(service.reason as Reason | null).find(isSuch);
    return why !== undefined && { ...service, why };
  };
  return until('status tells of it', look, { within: 60_000, every: 200, lastSeen: () => last });
}

t.test('what other hands do to the service is reported, and corrected', labNeeded, async (t) => {
  const lab = await labOf(t);
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy();
  const [first, second, third] = hosts.map(({ name }) => name) as [HostName, HostName, HostName];
  const pidOn = (name: HostName) => runningEtcd(lab.host(name));
  const logged = await lab.picket('logs', first, '--agent');
  t.match(logged.stdout, 'a desired state was accepted', 'the agent finds its own log under OpenRC');

  async function edited() {
    const former = await pidOn(second);
    await lab.host(second).must('echo "# mine" >> /etc/init.d/etcd');
    const putBack = { paths: ['/etc/init.d/etcd'] };
    const { reason } = await told(lab, second, isReason('definition_put_back', putBack));
    t.notMatch(await lab.host(second).must('cat /etc/init.d/etcd'), '# mine', 'R2: edited by hand: it is put back');
    t.equal(await pidOn(second), former, 'and etcd goes on');
    t.match((await lab.picket('status', 'x-k3s')).stdout, `${second}: etcd runs: ${reason && inWords(reason)}`);
  }

  async function unsupervised() {
    const former = await pidOn(second);
    await lab.host(second).must('kill -9 $(cat /run/supervise-etcd.pid)');
    await told(lab, second, isReason('supervisor_ended'));
    t.equal(await pidOn(second), former, 'its supervisor killed: etcd goes on, and it is reported as long as it lasts');
  }

  async function stopped() {
    const former = await pidOn(first);
    await lab.host(first).must('rc-service etcd stop');
    const service = await told(lab, first, isReason('started_after_stop'));
    t.equal(service.state, 'running');
    t.not(await pidOn(first), former, 'stopped by hand: it is started again');
  }

  async function killed() {
    await lab.host(third).must('kill -9 $(pidof etcd)');
    const service = await told(lab, third, isReason('ended_and_serves', { count: 1 }));
    t.match(service.why.facts, { since: String });
    t.equal(service.restarts, 1, 'killed: it is back, and it is reported how often');
  }

  async function crashing() {
    const data = '/var/lib/picket/etcd/*/member';
    await lab.host(third).must(`chmod 000 ${data} && kill -9 $(pidof etcd)`);
    const isCrashing = ({ code, facts }: Reason) =>
      (code === 'ended_often' || code === 'ended_and_silent') &&
      (facts.count > 1 && facts.since !== null && facts.lastWords?.includes('permission denied')) === true;
    const { lastLog } = await told(lab, third, isCrashing);
    t.match(
      lastLog.join('\n'),
      'permission denied',
      'a crash loop: it is reported how often, and with etcd’s last words',
    );
    await lab.host(third).must(`chmod 700 ${data}`);
    await lab.healthy();
    const { reason } = await serviceOf(lab, third);
    t.match(each(reason as Reason | null).at(-1), { code: 'ended_and_serves' });
  }

  async function closedToItsUser() {
    const etcd = await lab.host(third).must('readlink -f "$(command -v etcd)"');
    await lab.host(third).must(`chmod 700 ${etcd} && kill -9 $(pidof etcd)`);
    const problem = 'the user etcd has no permission to run it';
    const words = failure('etcd_unusable', { binary: etcd, problem, command: '' }).message;
    const shown = async () => (await lab.picket('status', 'x-k3s')).stdout.includes(words);
    await until('status tells why etcd does not come up', shown, { within: 60_000, every: 500 });
    t.match(await lab.host(third).must('picket-agent status'), words);
    await lab.host(third).must(`chmod 755 ${etcd}`);
    await lab.healthy();
  }

  // Beside one another, since an agent that has nothing to do looks every five seconds; one member down at a time.
  const beside = edited().then(unsupervised);
  await Promise.all([beside, stopped().then(killed).then(crashing).then(closedToItsUser)]);
});
