import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isSystemdStopping } from '../../../src/host/systemd/systemctl.ts';
import { temporaryFolder } from '../../support.ts';

t.test('systemd stops the machine if it says so', async (t) => {
  const program = join(temporaryFolder(t), 'systemctl');
  const asked = async (script: string) => {
    writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return isSystemdStopping(program);
  };
  const says = (state: string) =>
    `[ "$*" = "--no-ask-password show --property=SystemState" ] && echo SystemState=${state}`;
  t.equal(await asked(says('stopping')), true);
  for (const state of ['running', 'degraded', 'starting', 'maintenance']) t.equal(await asked(says(state)), false);
  t.equal(await asked('echo SystemState=stopping; exit 1'), false, 'it fails');
  t.equal(await asked('exec sleep 600'), false, 'it does not answer');
});
