import { join } from 'node:path';
import type { AuditEntry } from '@picket/shared/protocol/audit.ts';
import t, { type Test } from 'tap';
import { init } from '../../src/commands/init.ts';
import { grantOperator, type OperatorOptions } from '../../src/commands/operator.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { day, openSample } from '../inventory/samples.ts';
import { testConfig } from '../support/coordinator.ts';

/** A stopped coordinator; the function runs `picket-coordinator operator` and returns what the audit log says of it. */
async function stopped(t: Test) {
  const folder = t.testdir();
  const config = testConfig(folder);
  const clock = { now: Date.now() };
  const now = () => clock.now;
  await init({ config, operator: 'ada', contextFile: join(folder, 'ada.yml'), now });
  async function granting(options: Pick<OperatorOptions, 'operator' | 'role' | 'acceptClock'>, entries = 1) {
    await grantOperator({ config, contextFile: join(folder, `${options.operator}.yml`), now, ...options });
    const inventory = await openSample(placesIn(config.dataDir).database);
    const { items } = await inventory.audit.list({ limit: entries, after: null });
    await inventory.close();
    return items;
  }
  return { clock, granting };
}

const common: Partial<AuditEntry> = {
  kind: 'command',
  by: 'this machine',
  from: null,
  action: 'picket-coordinator operator',
  object: 'operator bob',
  outcome: 'done',
};

t.test('a new operator, a renewal and a change of role are entries with the role before and after', async (t) => {
  const { granting } = await stopped(t);
  const made = await granting({ operator: 'bob', role: 'viewer' });
  t.match(made, [{ ...common, before: null, after: { role: 'viewer', serial: /^[0-9a-f]+$/, until: /Z$/ } }]);
  const renewed = await granting({ operator: 'bob', role: null });
  t.match(renewed, [{ ...common, before: { role: 'viewer' }, after: { role: 'viewer' } }]);
  const raised = await granting({ operator: 'bob', role: 'admin' });
  t.match(raised, [{ ...common, before: { role: 'viewer' }, after: { role: 'admin', serial: /^[0-9a-f]+$/ } }]);
  t.not(raised[0]?.after?.serial, renewed[0]?.after?.serial);
});

t.test('R14: a clock that was accepted is an entry', async (t) => {
  const { clock, granting } = await stopped(t);
  const { now } = clock;
  clock.now -= 2 * day;
  const entries = await granting({ operator: 'bob', role: 'viewer', acceptClock: true }, 2);
  t.match(entries[1], {
    kind: 'command',
    by: 'this machine',
    action: 'picket-coordinator --accept-clock',
    before: { issuesFrom: /Z$/ },
    after: { issuesFrom: new Date(clock.now).toISOString() },
  });
  t.ok(Date.parse(String(entries[1]?.before?.issuesFrom)) > now - day);
});
