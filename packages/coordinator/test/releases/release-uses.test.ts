import t from 'tap';
import { emptyProgress } from '../../src/model/progress.ts';
import { wantedVersions } from '../../src/releases/release-uses.ts';
import { sampleSpec } from '../controller/support/situations.ts';

t.test('a release that only a later stage of an upgrade brings is wanted from its order on', (t) => {
  const spec = { ...sampleSpec(), etcd: { source: 'release', version: '3.6.14' } as const };
  const stages = [
    { kind: 'install', version: '3.5.33' },
    { kind: 'restart' },
    { kind: 'install', version: '3.6.14' },
  ] as const;
  const upgrade = { to: '3.6.14', stages, at: 0, restarts: {}, pauses: [], pausedAt: [] };
  t.strictSame([...wantedVersions(spec, { ...emptyProgress, upgrade })].sort(), ['3.5.33', '3.6.14']);
  t.strictSame([...wantedVersions(spec, emptyProgress)], ['3.6.14']);
  t.end();
});
