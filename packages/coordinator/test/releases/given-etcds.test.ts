import t from 'tap';
import { programsAsGiven } from '../../src/releases/given-etcds.ts';

const [first, other] = ['a'.repeat(64), 'b'.repeat(64)];
const given = { '3.5.34': { arm64: first } };
const programs = (sha256: string) => [{ name: 'etcd', sha256, sizeBytes: 1 } as const];

t.test('R6 nobody is given another etcd as a version that members were given', (t) => {
  t.equal(programsAsGiven(programs(other), given, 'arm64', '3.5.34'), null);
  t.equal(programsAsGiven(null, given, 'arm64', '3.5.34'), null);
  t.same(programsAsGiven(programs(first), given, 'arm64', '3.5.34'), programs(first));
  t.same(programsAsGiven(programs(other), given, 'amd64', '3.5.34'), programs(other), 'another machine has its own');
  t.same(programsAsGiven(programs(other), given, 'arm64', '3.5.35'), programs(other));
  t.end();
});
