import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { tamper } from '../../packages/coordinator/test/support/tampering.ts';
import { runToEnd } from '../support/children.ts';
import { cluster, fleetOf } from '../support/fleet-of-test.ts';
import { asPicketPrints } from '../support/printed-error.ts';
import { programs } from '../support/programs.ts';

t.test('who did what is known after a crash, and what is removed from the log is missed', async (t) => {
  const fleet = await fleetOf(t, { members: 1 });
  const exported = join(fleet.folder, 'audit.jsonl');
  const told = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await fleet.picket('audit', ...args);
    return `${code}\n${stdout}${stderr}`;
  };

  await t.test('R12: killed between a change and its answer, the log has the request', async (t) => {
    await fleet.stopCoordinator();
    await fleet.startCoordinator('publish.after-commit');
    const set = await fleet.picket('cluster', 'set', cluster, 'heartbeatIntervalMs=150');
    t.not(set.code, 0, 'it was not answered');
    await fleet.startCoordinator();
    t.match((await fleet.picket('cluster', 'show', cluster)).stdout, /150/, 'it was done');
    const list = await told('list');
    t.match(list, /operator admin \(127\.0\.0\.1\) +PATCH \/v1\/clusters\/:name +cluster x-k3s +no result stored/);
    t.match(list, /this machine +picket-coordinator init +operator admin +done/);
    t.match(await told('export', exported), /^0\n.*: entries 1 to \d+\.\nHead: \d+:[0-9a-f]{64}\n$/);
    t.match(await told('verify', '--file', exported), /^0\nThe audit log is whole/);
  });

  const backup = join(fleet.folder, 'backup.tar.gz');
  const config = join(fleet.folder, 'coordinator.yml');
  const made = await runToEnd(process.execPath, [programs.coordinator, 'backup', backup, '--config', config]);
  const [, head = ''] = /^head of its audit log: (\d+:[0-9a-f]{64})$/m.exec(made.stdout) ?? [];
  t.match(await told('verify', '--head', head), /It agrees with the head of entry \d+\.\n$/, made.stderr);
  t.match(await told('head'), head);

  await fleet.stopCoordinator();
  tamper(join(fleet.folder, 'coordinator/inventory.sqlite'), 'delete from audit where number > 2');
  await fleet.startCoordinator();
  t.match(await told('verify'), /^0\nThe audit log is whole: entries 1 to 2\./);
  const missing = reason('audit_end_missing', { last: 2, head: Number(head.split(':')[0]), restored: null });
  const problem = reason('several', { reasons: [missing] });
  t.equal(await told('verify', '--head', head), `1\n${asPicketPrints(failure('audit_not_whole', { problem }))}`);
  t.equal((await readFile(exported, 'utf8')).split('\n').length - 1 > 2, true, 'the export has them');
});
