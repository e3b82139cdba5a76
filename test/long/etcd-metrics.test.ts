import t from 'tap';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { until } from '../support/until.ts';

t.test('R6: etcd serves its metrics on the address of each member once a spec says so', labNeeded, async (t) => {
  const lab = await labOf(t);
  const [first, second, third] = lab.hosts as [LabHost, LabHost, LabHost];
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy();
  const metricsOf = ({ address }: LabHost) =>
    third.run(['wget', '-q', '-T', '5', '-O', '-', `http://${address}:2381/metrics`]);
  t.not((await metricsOf(first)).code, 0, 'on loopback alone');

  t.match(await lab.coordinator.picket('cluster', 'set', 'etcdMetrics=address'), { code: 0 });
  const all = async () => {
    const answers = await Promise.all([first, second].map(metricsOf));
    return answers.every(({ stdout }) => stdout.includes('etcd_server_has_leader 1'));
  };
  await until('they answer', all, { within: 180_000, every: 1000 });
  await lab.healthy();

  t.match(await lab.coordinator.picket('cluster', 'set', 'etcdMetrics=loopback'), { code: 0 });
  const none = async () => {
    const answers = await Promise.all([first, second].map(metricsOf));
    return answers.every(({ code }) => code !== 0);
  };
  await until('they answer no longer', none, { within: 180_000, every: 1000 });
  await lab.healthy();
});
