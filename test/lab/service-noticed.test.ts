import { inWords } from '@picket/shared/reasons/in-words.ts';
import t from 'tap';
import { until } from '../support/until.ts';
import { runningEtcd } from './installing.ts';
import type { Lab } from './lab.ts';
import { labNeeded } from './lab-needed.ts';
import { joinAll, labOf } from './lab-of-test.ts';
import { type HostName, hosts } from './names.ts';

async function serviceOf(lab: Lab, name: HostName) {
  const service = (await lab.status()).members.find((member) => member.name === name)?.status?.service;
  if (service === undefined) throw new Error(`Nothing is known of ${name}.`);
  return service;
}

/** Resolves to what is reported of the service once its reason has these words. */
function told(lab: Lab, name: HostName, words: RegExp) {
  let last = '';
  const look = async () => {
    const service = await serviceOf(lab, name);
    last = JSON.stringify(service);
    return service.reason !== null && words.test(inWords(service.reason)) && service;
  };
  return until(`status tells of ${words}`, look, { within: 60_000, every: 200, lastSeen: () => last });
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
    await told(lab, second, /changed or removed \/etc\/init\.d\/etcd;/);
    t.notMatch(await lab.host(second).must('cat /etc/init.d/etcd'), '# mine', 'R2: edited by hand: it is put back');
    t.equal(await pidOn(second), former, 'and etcd goes on');
    t.match(
      (await lab.picket('status', 'x-k3s')).stdout,
      new RegExp(`${second}: etcd runs: .*changed or removed /etc/init\\.d/etcd`),
    );
  }

  async function unsupervised() {
    const former = await pidOn(second);
    await lab.host(second).must('kill -9 $(cat /run/supervise-etcd.pid)');
    await told(lab, second, /^the supervisor of etcd has ended/);
    t.equal(await pidOn(second), former, 'its supervisor killed: etcd goes on, and it is reported as long as it lasts');
  }

  async function stopped() {
    const former = await pidOn(first);
    await lab.host(first).must('rc-service etcd stop');
    const service = await told(
      lab,
      first,
      /^somebody stopped etcd by hand \(not this agent\), and this agent started it again/,
    );
    t.equal(service.state, 'running');
    t.not(await pidOn(first), former, 'stopped by hand: it is started again');
  }

  async function killed() {
    await lab.host(third).must('kill -9 $(pidof etcd)');
    const service = await told(lab, third, /^etcd ended at .*, and serves again/);
    t.equal(service.restarts, 1, 'killed: it is back, and it is reported how often');
  }

  async function crashing() {
    const data = '/var/lib/picket/etcd/*/member';
    await lab.host(third).must(`chmod 000 ${data} && kill -9 $(pidof etcd)`);
    const words = /^etcd has ended \d+ times since .*; the last lines of its log: .*permission denied/;
    const { lastLog } = await told(lab, third, words);
    t.match(
      lastLog.join('\n'),
      'permission denied',
      'a crash loop: it is reported how often, and with etcd’s last words',
    );
    await lab.host(third).must(`chmod 700 ${data}`);
    await lab.healthy();
    const { reason } = await serviceOf(lab, third);
    t.match(reason && inWords(reason), /and serves again$/);
  }

  async function closedToItsUser() {
    const etcd = await lab.host(third).must('readlink -f "$(command -v etcd)"');
    await lab.host(third).must(`chmod 700 ${etcd} && kill -9 $(pidof etcd)`);
    const words = `The etcd at ${etcd} cannot be used: the user etcd has no permission to run it.`;
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
