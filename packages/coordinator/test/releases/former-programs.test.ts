import type { ReleaseProgram } from '@picket/shared/protocol/releases.ts';
import t from 'tap';
import {
  type Configuration,
  type ConfigurationProgress,
  noConfiguration,
} from '../../src/model/configuration-progress.ts';
import { formerPrograms } from '../../src/releases/former-programs.ts';

const etcd: ReleaseProgram = { name: 'etcd', sha256: 'a'.repeat(64), sizeBytes: 7 };
const stored = (architecture: string | null, version: string) =>
  architecture === 'arm64' && version === '3.5.34' ? [etcd] : null;

const packaged = { revision: 1, metricsPort: 2381, tuning: {} } as Configuration;
const released: Configuration = { ...packaged, etcd: { version: '3.5.34' } };

function onTrial(before: Configuration, given: ConfigurationProgress['given'] = {}): ConfigurationProgress {
  return { ...noConfiguration, trial: { member: 'm-1', before, since: 0 as never }, given };
}

function nodeOf(member: string) {
  return { kind: 'member', member, facts: { arch: 'arm64' } } as unknown as Parameters<typeof formerPrograms>[1];
}

t.test('R8 only the member on trial may go back to its former release', async (t) => {
  t.strictSame(formerPrograms(onTrial(released), nodeOf('m-1'), stored), [etcd]);
  t.strictSame(formerPrograms(onTrial(released), nodeOf('m-2'), stored), []);
  t.strictSame(formerPrograms(noConfiguration, nodeOf('m-1'), stored), []);
  t.strictSame(formerPrograms(onTrial(released), undefined, stored), []);
});

t.test('there is none if it was the package, or if the store has another etcd of that version now', async (t) => {
  t.strictSame(formerPrograms(onTrial(packaged), nodeOf('m-1'), stored), []);
  const other = { '3.5.34': { arm64: 'b'.repeat(64) } };
  t.strictSame(formerPrograms(onTrial(released, other), nodeOf('m-1'), stored), []);
});
