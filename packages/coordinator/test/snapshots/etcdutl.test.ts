import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { etcdutlStatus } from '../../src/snapshots/etcdutl.ts';

t.test('an etcdutl that panics over a snapshot says why, and not where', async (t) => {
  const program = join(t.testdir(), 'etcdutl');
  const said =
    'panic: page 7 already freed\n\ngoroutine 1 [running]:\nmain.main()\n\tgo.etcd.io/etcd/etcdutl/v3/main.go:23 +0x13';
  writeFileSync(program, `#!/bin/sh\necho '${said}' >&2\nexit 2\n`, { mode: 0o755 });
  const read = etcdutlStatus(async () => program, { warn: () => {} });
  await t.rejects(read('4da7', '/none'), {
    code: 'snapshot_damaged',
    details: { id: '4da7', problem: 'etcdutl cannot read it: panic: page 7 already freed' },
  });
});
