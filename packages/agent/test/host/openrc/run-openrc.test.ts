import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runOpenrc } from '../../../src/host/openrc/run-openrc.ts';
import { temporaryFolder } from '../../support.ts';

function place(t: Test, script: string) {
  const folder = temporaryFolder(t);
  const program = join(folder, 'rc-service');
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { folder, program };
}

t.test('a program that ignores SIGTERM delays nobody', async (t) => {
  const { folder, program } = place(t, 'trap "" TERM\nwhile :; do sleep 0.1; done');
  const run = { program, outputFile: join(folder, 'said'), patienceMs: 100 };
  t.strictSame(await runOpenrc(['etcd', 'stop'], run), {
    code: null,
    said: 'rc-service did not end within 0.1 s',
  });
});

t.test('it runs even if its output cannot be stored', async (t) => {
  const { folder, program } = place(t, 'echo " * ERROR: etcd failed to start"; exit 3');
  const run = { program, patienceMs: 60_000 };
  t.strictSame(await runOpenrc(['etcd', 'start'], { ...run, outputFile: join(folder, 'made/said') }), {
    code: 3,
    said: 'ERROR: etcd failed to start',
  });
  t.strictSame(await runOpenrc(['etcd', 'start'], { ...run, outputFile: join(program, 'said') }), {
    code: 3,
    said: 'rc-service gave no reason',
  });
});
