import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isOpenrcShuttingDown } from '../../../src/host/openrc/openrc-state.ts';
import { temporaryFolder } from '../../support.ts';

t.test('OpenRC stops the machine in its runlevel shutdown', async (t) => {
  const runlevelFile = join(temporaryFolder(t), 'softlevel');
  t.equal(await isOpenrcShuttingDown(runlevelFile), false, 'it has no runlevel yet');
  for (const [level, stops] of [
    ['default', false],
    ['single', false],
    ['shutdown', true],
    ['shutdown\n', true],
  ] as const) {
    writeFileSync(runlevelFile, level);
    t.equal(await isOpenrcShuttingDown(runlevelFile), stops, level);
  }
});
