import t from 'tap';
import type { Configuration } from '../../src/model/configuration-progress.ts';
import { noConfiguration } from '../../src/model/configuration-progress.ts';
import { releaseOfNewcomer } from '../../src/model/release-of-newcomer.ts';
import type { UpgradeStage } from '../../src/model/upgrade-progress.ts';

const stages: readonly UpgradeStage[] = [
  { kind: 'install', version: '3.5.33' },
  { kind: 'restart' },
  { kind: 'install', version: null, packageMinor: '3.6' },
];

function released(at: number | null, settled: Pick<Configuration, 'etcd'>, declared: string | null = null) {
  const order = { to: 'package:3.6', stages, restarts: {}, pauses: [], pausedAt: [] };
  return releaseOfNewcomer(declared === null ? {} : { etcd: { source: 'release', version: declared } }, {
    upgrade: at === null ? null : { ...order, at },
    configuration: { ...noConfiguration, settled: settled as Configuration },
  });
}

const level = { etcd: { version: '3.5.33' } };

t.test('R17 a machine that joins in an upgrade to the packages begins with the release before them', (t) => {
  t.equal(released(0, {}), '3.5.33', 'the one that the first stage brings');
  t.equal(released(1, level), '3.5.33');
  t.equal(released(2, level), '3.5.33');
  t.equal(released(null, {}), null, 'after it, with its package');
  t.end();
});

t.test('without an upgrade, and in one to a release, the declaration says it', (t) => {
  t.equal(released(null, level, '3.5.33'), '3.5.33');
  t.equal(released(0, {}, '3.6.14'), '3.6.14');
  t.end();
});
